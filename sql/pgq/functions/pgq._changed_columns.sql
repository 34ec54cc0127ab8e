create or replace function pgq._changed_columns(
    i_names text[], i_types oid[], i_new_texts text[], i_old_texts text[], i_new anyelement, i_old anyelement)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq._changed_columns(6)
--      Compares two versions of a row. Values are equal if both are NULL or if
--      the default equality of their type, with the column's collation, says
--      so; arrays and types without an equality are compared by their text.
--
--      Equal texts mean equal values, so only columns with different texts of
--      types that can print one value in two ways need the operator. Settings
--      that make texts inexact send every column to it.
-- Parameters:
--      i_names, i_types            - the columns
--      i_new_texts, i_old_texts    - their texts
--      i_new, i_old                - the rows
-- Returns:
--      names of the changed columns, in order.
-- ----------------------------------------------------------------------
declare
    _exact      boolean;
    _changed    text[];
    _suspects   text[];
    _name       text;
    _operator   text;
    _is_equal   boolean;
begin
    _exact := pg_catalog.current_setting('extra_float_digits')::pg_catalog.int4 operator(pg_catalog.>=) 1
          and pg_catalog.starts_with(pg_catalog.current_setting('DateStyle'), 'ISO');
    if _exact and i_new_texts operator(pg_catalog.=) i_old_texts collate pg_catalog."C" then
        return '{}';
    end if;

    -- types whose different texts are different values:
    -- bool bytea name int8 int2 int4 text oid varchar date time timestamp timestamptz uuid
    select pg_catalog.array_agg(c.name) filter (where c.is_different),
           pg_catalog.array_agg(c.name) filter (where c.is_filled and not (_exact and not c.is_different)
                and not (c.is_different and c.type operator(pg_catalog.=) any (
                    '{16,17,19,20,21,23,26,1082,1083,1114,1184,2950}'::pg_catalog.oid[])))
      into _changed, _suspects
      from (select x.name, x.type,
                   x.new_text is not null and x.old_text is not null as is_filled,
                   (x.new_text operator(pg_catalog.=) x.old_text collate pg_catalog."C") is not true
                   and not (x.new_text is null and x.old_text is null) as is_different
              from rows from (pg_catalog.unnest(i_names), pg_catalog.unnest(i_types), pg_catalog.unnest(i_new_texts), pg_catalog.unnest(i_old_texts)) as x(name, type, new_text, old_text)) as c;

    if _suspects is null then
        return coalesce(_changed, '{}');
    end if;

    foreach _name in array _suspects loop
        _operator := pgq._equality_operator(i_types[pg_catalog.array_position(i_names, _name)]);
        if _operator is not null then
            execute pg_catalog.format('select ($1).%1$I %2$s ($2).%1$I', _name, _operator)
               into _is_equal
              using i_new, i_old;
            if _is_equal then
                _changed := pg_catalog.array_remove(_changed, _name);
            elsif (_name operator(pg_catalog.=) any (_changed)) is not true then
                _changed := _changed operator(pg_catalog.||) _name;
            end if;
        end if;
    end loop;
    return (
        select coalesce(pg_catalog.array_agg(n.name order by n.pos), '{}')
          from pg_catalog.unnest(i_names) with ordinality as n(name, pos)
         where n.name operator(pg_catalog.=) any (_changed));
end; $$ language plpgsql stable;
