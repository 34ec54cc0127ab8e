create or replace function pgq._url_row(i_names text[], i_texts text[], i_skip text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._url_row(3)
--      Writes a row in the URL encoded form of logutriga. The whole row is
--      encoded at once, joined by characters 1 and 2; rows that hold these
--      characters themselves are encoded value by value.
-- Parameters:
--      i_names         - columns
--      i_texts         - their texts
--      i_skip          - columns to leave out, or NULL
-- Returns:
--      'a=1&b=x+y&c'
-- ----------------------------------------------------------------------
declare
    _row    text;
    _all    text := pg_catalog.concat(i_names, i_texts);
begin
    if pg_catalog.strpos(_all, pg_catalog.chr(1)) operator(pg_catalog.>) 0
       or pg_catalog.strpos(_all, pg_catalog.chr(2)) operator(pg_catalog.>) 0
    then
        select pg_catalog.string_agg(pg_catalog.concat(pgq._urlencode(c.name), '=' operator(pg_catalog.||) pgq._urlencode(c.value)), '&')
          into _row
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_texts)) as c(name, value)
         where (c.name operator(pg_catalog.=) any (i_skip)) is not true;
    else
        select pg_catalog.string_agg(pg_catalog.concat(c.name, pg_catalog.chr(2) operator(pg_catalog.||) c.value), pg_catalog.chr(1))
          into _row
          from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_texts)) as c(name, value)
         where (c.name operator(pg_catalog.=) any (i_skip)) is not true;
        _row := pg_catalog.replace(pg_catalog.replace(pgq._urlencode(_row), '%01', '&'), '%02', '=');
    end if;
    return coalesce(_row, '');
end; $$ language plpgsql stable;
