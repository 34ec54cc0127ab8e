create or replace function pgq._list_columns(i_list text, i_names text[])
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._list_columns(2)
--      Reads the list of an ignore= or pkey= option. An entry between commas
--      that is the name of a column stands for that column; any other entry is
--      a list of words separated by white space.
-- Parameters:
--      i_list          - text of the option
--      i_names         - the columns of the table
-- Returns:
--      those of i_names that are listed, in their order.
-- ----------------------------------------------------------------------
declare
    _white  text := E'[ \\t\\n\\r\\f\\v]+';
    _listed text[];
begin
    select pg_catalog.array_agg(w.word)
      into _listed
      from (select e.entry, pg_catalog.btrim(e.entry, E' \t\n\r\f\013') as trimmed
              from pg_catalog.unnest(pg_catalog.string_to_array(i_list, ',')) as e(entry)) as e
     cross join lateral (
            select e.entry as word
             where e.entry operator(pg_catalog.=) any (i_names)
             union all
            select e.trimmed
             where (e.entry operator(pg_catalog.=) any (i_names)) is not true
               and e.trimmed operator(pg_catalog.=) any (i_names)
             union all
            select s.word
              from pg_catalog.regexp_split_to_table(e.trimmed, _white) as s(word)
             where (e.entry operator(pg_catalog.=) any (i_names)) is not true
               and (e.trimmed operator(pg_catalog.=) any (i_names)) is not true) as w;

    return coalesce((
        select pg_catalog.array_agg(n.name order by n.pos)
          from pg_catalog.unnest(i_names) with ordinality as n(name, pos)
         where n.name operator(pg_catalog.=) any (_listed)), '{}');
end; $$ language plpgsql immutable;
