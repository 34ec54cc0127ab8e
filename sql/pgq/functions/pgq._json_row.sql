create or replace function pgq._json_row(i_names text[], i_types oid[], i_texts text[], i_skip text[], i_row anyelement)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._json_row(5)
--      Writes a row in the form of jsontriga: integers and booleans as such,
--      dates and timestamps as to_json() has them, everything else as a string.
-- Parameters:
--      i_names, i_types, i_texts   - the columns
--      i_skip                      - columns to leave out, or NULL
--      i_row                       - the row, for times in other than ISO style
-- Returns:
--      '{"a":1,"b":"x y","c":null}'
-- ----------------------------------------------------------------------
declare
    _members    text;
    _iso        boolean := pg_catalog.starts_with(pg_catalog.current_setting('DateStyle'), 'ISO');
begin
    select pg_catalog.string_agg(
               pg_catalog.to_json(c.name)::pg_catalog.text operator(pg_catalog.||) ':' operator(pg_catalog.||)
               case
                   when c.value is null then 'null'
                   when c.type operator(pg_catalog.=) any ('{20,21,23}'::pg_catalog.oid[]) then c.value
                   when c.type operator(pg_catalog.=) 16::pg_catalog.oid then
                       case when c.value operator(pg_catalog.=) 't' then 'true' else 'false' end
                   when c.type operator(pg_catalog.=) any ('{1082,1114,1184}'::pg_catalog.oid[]) and not _iso then
                       pg_catalog.to_json(pg_catalog.row_to_json(i_row) operator(pg_catalog.->>) c.name)::pg_catalog.text
                   when c.type operator(pg_catalog.=) 1114::pg_catalog.oid then
                       '"' operator(pg_catalog.||) pg_catalog.regexp_replace(c.value, '([0-9]) ', E'\\1T') operator(pg_catalog.||) '"'
                   when c.type operator(pg_catalog.=) 1184::pg_catalog.oid then
                       '"' operator(pg_catalog.||) pg_catalog.regexp_replace(
                            pg_catalog.regexp_replace(c.value, '([0-9]) ', E'\\1T'),
                            '([+-][0-9][0-9])( BC)?$', E'\\1:00\\2') operator(pg_catalog.||) '"'
                   else pg_catalog.to_json(c.value)::pg_catalog.text
               end, ',')
      into _members
      from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_types), pg_catalog.unnest(i_texts)) as c(name, type, value)
     where (c.name operator(pg_catalog.=) any (i_skip)) is not true;
    return '{' operator(pg_catalog.||) coalesce(_members, '') operator(pg_catalog.||) '}';
end; $$ language plpgsql stable;
