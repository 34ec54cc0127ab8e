create or replace function pgq._attkind_columns(i_attkind text, i_kind text, i_relid oid)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._attkind_columns(3)
--      Reads the second argument of logtriga: one letter for each live column.
-- Parameters:
--      i_attkind       - letters
--      i_kind          - k: key columns; i: ignored ones, with those beyond the
--                        last letter
--      i_relid         - table
-- Returns:
--      names of the columns of that kind.
-- ----------------------------------------------------------------------
declare
    _columns    text[];
    _count      bigint;
begin
    select coalesce(pg_catalog.array_agg(a.name order by a.pos) filter (
                where pg_catalog.substr(i_attkind, a.pos, 1) operator(pg_catalog.=) any (
                    case when i_kind operator(pg_catalog.=) 'i' then array['i', ''] else array[i_kind] end)), '{}'),
           pg_catalog.count(*)
      into _columns, _count
      from (select t.attname::pg_catalog.text as name,
                   pg_catalog.row_number() over (order by t.attnum)::pg_catalog.int4 as pos
              from pg_catalog.pg_attribute t
             where t.attrelid operator(pg_catalog.=) i_relid
               and t.attnum operator(pg_catalog.>) 0
               and not t.attisdropped) as a;

    if i_kind operator(pg_catalog.=) 'k' then
        if pg_catalog.strpos(i_attkind, 'k') operator(pg_catalog.=) 0 then
            raise exception 'need at least one key column';
        elsif pg_catalog.cardinality(_columns) operator(pg_catalog.<)
                (pg_catalog.length(i_attkind) operator(pg_catalog.-) pg_catalog.length(pg_catalog.replace(i_attkind, 'k', '')))
        then
            raise exception 'key column does not exist';
        end if;
    end if;
    return _columns;
end; $$ language plpgsql stable;
