create or replace function pgq._row_texts(i_row anyelement, i_names text[], i_types oid[], i_dropped boolean)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._row_texts(4)
--      The columns of a row as the output functions of their types write them
--      (not the cast to text).
--
--      The function is compiled once for each row type, so its static query has
--      a plan of its own for each table; this is what makes it fast. The query
--      takes up to 32 columns: "i_row.*" is followed by so many NULLs of a
--      pseudo-type, which no table column can have.
--
--      A session that has seen an ALTER TABLE may still hold the plan for the
--      old columns. The query therefore compares the column types that it was
--      analysed for with the present ones before it touches a field. As long as
--      no column was ever dropped, equal types mean equal positions. What does
--      not fit takes the dynamic query: tables with dropped columns or with
--      too many, and sessions that saw columns change.
-- Parameters:
--      i_row           - row of a table or view
--      i_names         - its live columns, in order
--      i_types         - their types
--      i_dropped       - true if the table has dropped columns
-- Returns:
--      one text for each live column; NULL for NULL.
-- ----------------------------------------------------------------------
declare
    _never  boolean := false;   -- a variable, so that the planner cannot fold it
    _count  integer := pg_catalog.cardinality(i_names);
    _texts  text[];
begin
    if _count operator(pg_catalog.<=) 32 and not i_dropped then
        select case when (array[
                pg_catalog.pg_typeof(case when _never then c1 end), pg_catalog.pg_typeof(case when _never then c2 end),
                pg_catalog.pg_typeof(case when _never then c3 end), pg_catalog.pg_typeof(case when _never then c4 end),
                pg_catalog.pg_typeof(case when _never then c5 end), pg_catalog.pg_typeof(case when _never then c6 end),
                pg_catalog.pg_typeof(case when _never then c7 end), pg_catalog.pg_typeof(case when _never then c8 end),
                pg_catalog.pg_typeof(case when _never then c9 end), pg_catalog.pg_typeof(case when _never then c10 end),
                pg_catalog.pg_typeof(case when _never then c11 end), pg_catalog.pg_typeof(case when _never then c12 end),
                pg_catalog.pg_typeof(case when _never then c13 end), pg_catalog.pg_typeof(case when _never then c14 end),
                pg_catalog.pg_typeof(case when _never then c15 end), pg_catalog.pg_typeof(case when _never then c16 end),
                pg_catalog.pg_typeof(case when _never then c17 end), pg_catalog.pg_typeof(case when _never then c18 end),
                pg_catalog.pg_typeof(case when _never then c19 end), pg_catalog.pg_typeof(case when _never then c20 end),
                pg_catalog.pg_typeof(case when _never then c21 end), pg_catalog.pg_typeof(case when _never then c22 end),
                pg_catalog.pg_typeof(case when _never then c23 end), pg_catalog.pg_typeof(case when _never then c24 end),
                pg_catalog.pg_typeof(case when _never then c25 end), pg_catalog.pg_typeof(case when _never then c26 end),
                pg_catalog.pg_typeof(case when _never then c27 end), pg_catalog.pg_typeof(case when _never then c28 end),
                pg_catalog.pg_typeof(case when _never then c29 end), pg_catalog.pg_typeof(case when _never then c30 end),
                pg_catalog.pg_typeof(case when _never then c31 end), pg_catalog.pg_typeof(case when _never then c32 end)
            ])[1:_count] operator(pg_catalog.=) i_types::pg_catalog.regtype[]
            then (array[
                    case when c1 is distinct from null then pg_catalog.concat(c1) end, case when c2 is distinct from null then pg_catalog.concat(c2) end,
                    case when c3 is distinct from null then pg_catalog.concat(c3) end, case when c4 is distinct from null then pg_catalog.concat(c4) end,
                    case when c5 is distinct from null then pg_catalog.concat(c5) end, case when c6 is distinct from null then pg_catalog.concat(c6) end,
                    case when c7 is distinct from null then pg_catalog.concat(c7) end, case when c8 is distinct from null then pg_catalog.concat(c8) end,
                    case when c9 is distinct from null then pg_catalog.concat(c9) end, case when c10 is distinct from null then pg_catalog.concat(c10) end,
                    case when c11 is distinct from null then pg_catalog.concat(c11) end, case when c12 is distinct from null then pg_catalog.concat(c12) end,
                    case when c13 is distinct from null then pg_catalog.concat(c13) end, case when c14 is distinct from null then pg_catalog.concat(c14) end,
                    case when c15 is distinct from null then pg_catalog.concat(c15) end, case when c16 is distinct from null then pg_catalog.concat(c16) end,
                    case when c17 is distinct from null then pg_catalog.concat(c17) end, case when c18 is distinct from null then pg_catalog.concat(c18) end,
                    case when c19 is distinct from null then pg_catalog.concat(c19) end, case when c20 is distinct from null then pg_catalog.concat(c20) end,
                    case when c21 is distinct from null then pg_catalog.concat(c21) end, case when c22 is distinct from null then pg_catalog.concat(c22) end,
                    case when c23 is distinct from null then pg_catalog.concat(c23) end, case when c24 is distinct from null then pg_catalog.concat(c24) end,
                    case when c25 is distinct from null then pg_catalog.concat(c25) end, case when c26 is distinct from null then pg_catalog.concat(c26) end,
                    case when c27 is distinct from null then pg_catalog.concat(c27) end, case when c28 is distinct from null then pg_catalog.concat(c28) end,
                    case when c29 is distinct from null then pg_catalog.concat(c29) end, case when c30 is distinct from null then pg_catalog.concat(c30) end,
                    case when c31 is distinct from null then pg_catalog.concat(c31) end, case when c32 is distinct from null then pg_catalog.concat(c32) end
                ])[1:_count]
            end
          into _texts
          from (select i_row.*,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring,
                    null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring, null::pg_catalog.cstring
               ) as x (
                    c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16,
                    c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32);
        if _texts is not null then
            return _texts;
        end if;
    end if;

    execute (select 'select array[' operator(pg_catalog.||) pg_catalog.string_agg(
                pg_catalog.format('case when ($1).%1$I is distinct from null then pg_catalog.concat(($1).%1$I) end', c.name),
                ', ') operator(pg_catalog.||) ']::pg_catalog.text[]'
               from pg_catalog.unnest(i_names) as c(name))
       into _texts
      using i_row;
    return _texts;
end; $$ language plpgsql stable;
