create or replace function pgq._sql_row(
    i_op text, i_names text[], i_new text[], i_old text[], i_keys text[], i_skip text[], i_changed text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._sql_row(7)
--      Writes a change in the partial SQL form of sqltriga.
-- Parameters:
--      i_op            - INSERT, UPDATE or DELETE
--      i_names         - columns
--      i_new, i_old    - their texts
--      i_keys          - key columns
--      i_skip          - columns to leave out, or NULL
--      i_changed       - UPDATE: the changed columns
-- Returns:
--      INSERT: (a,b) values ('1','x'); UPDATE: b='y' where a='1'; DELETE: a='1'
-- ----------------------------------------------------------------------
declare
    _names  text;
    _values text;
    _where  text;
    _first  text;
    _nulls  boolean;
begin
    if i_op operator(pg_catalog.=) 'INSERT' then
        select pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ','),
               pg_catalog.string_agg(coalesce(pg_catalog.quote_literal(c.value), 'null'), ',')
          into _names, _values
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_new)) as c(name, value)
         where (c.name operator(pg_catalog.=) any (i_skip)) is not true;
        return pg_catalog.concat('(', _names, ') values (', _values, ')');
    end if;

    select pg_catalog.string_agg(pg_catalog.concat(pg_catalog.quote_ident(c.name), '=', pg_catalog.quote_literal(c.value)), ' and '),
           pg_catalog.min(pg_catalog.concat(pg_catalog.quote_ident(c.name), '=', pg_catalog.quote_literal(c.value)))
                filter (where c.name operator(pg_catalog.=) k.first),
           pg_catalog.bool_or(c.value is null)
      into _where, _first, _nulls
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_old)) as c(name, value)
     cross join (
            select n.name as first
              from pg_catalog.unnest(i_names) as n(name)
             where n.name operator(pg_catalog.=) any (i_keys)
             limit 1) as k
     where c.name operator(pg_catalog.=) any (i_keys);
    if _nulls is not false then
        raise exception 'logtriga: Unexpected NULL key value'
            using hint = 'The key columns must hold values, and pkey= must name columns of the table.';
    end if;
    if i_op operator(pg_catalog.=) 'DELETE' then
        return _where;
    end if;

    select pg_catalog.string_agg(pg_catalog.concat(pg_catalog.quote_ident(c.name), '=',
                coalesce(pg_catalog.quote_literal(c.value), 'NULL')), ',')
      into _values
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_new)) as c(name, value)
     where c.name operator(pg_catalog.=) any (i_changed)
       and (c.name operator(pg_catalog.=) any (i_skip)) is not true;
    return pg_catalog.concat(coalesce(_values, _first), ' where ', _where);
end; $$ language plpgsql stable;
