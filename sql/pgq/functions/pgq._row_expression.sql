create or replace function pgq._row_expression(
    i_expression text, i_names text[], i_row anyelement, out value text, out type oid)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._row_expression(3)
--      Computes an expression given as trigger argument: what may stand behind
--      "select", over the columns of the row, by the session's search_path.
--      An unquoted word that equals the name of a mixed-case column means that
--      column, and so do words like current_user or order if a column is
--      called so; such triggers exist.
-- Parameters:
--      i_expression    - text from the trigger
--      i_names         - columns of the row
--      i_row           - the row
-- Returns:
--      value           - output text of the result
--      type            - its type
-- ----------------------------------------------------------------------
declare
    _query  text := i_expression;
    _count  bigint;
    _words  text[];
begin
    -- the rest of a query is put around the expression, it must not close it
    if _query operator(pg_catalog.~) '^[^()''"$]*[)]' then
        raise exception 'syntax error at or near ")"'
            using errcode = 'syntax_error', detail = 'expression of a pgq trigger: ' operator(pg_catalog.||) i_expression;
    end if;

    select pg_catalog.array_agg(c.name)
      into _words
      from pg_catalog.unnest(i_names) as c(name)
     where c.name operator(pg_catalog.~) '^[A-Za-z0-9_]+$' collate pg_catalog."C"
       and pg_catalog.quote_ident(c.name) operator(pg_catalog.<>) c.name
       and pg_catalog.strpos(i_expression, c.name) operator(pg_catalog.>) 0
       and (c.name operator(pg_catalog.<>) pg_catalog.lower(c.name)
            or c.name operator(pg_catalog.=) any (pg_catalog.string_to_array('user,current_user,session_user,current_role,current_schema,'
                'current_catalog,current_date,current_time,current_timestamp,localtime,localtimestamp,'
                'order,group,table,column,default,check,primary,references,foreign,desc,asc,limit,offset,to,grant', ',')));

    if _words is not null then
        -- tokens: strings, comments, quoted identifiers, words with their dots and parentheses, anything else
        select pg_catalog.string_agg(
                   case when m.token[1] operator(pg_catalog.=) any (_words)
                        then pg_catalog.quote_ident(m.token[1]) else m.token[1] end, '' order by m.pos)
          into _query
          from pg_catalog.regexp_matches(i_expression,
                   E'([eE]''(?:[^''\\\\]|\\\\.|'''')*''|''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[$][$](?:[^$]|[$][^$])*[$][$]'
                   '|--[^\\n]*|/[*](?:[^*]|[*]+[^*/])*[*]+/|[A-Za-z0-9_.]+(?:[ \\t\\n]*[(])?|.)', 'g') with ordinality as m(token, pos);
    end if;

    execute 'select pg_catalog.count(*),
                (pg_catalog.array_agg(case when _pgq_value._pgq_value is distinct from null
                    then pg_catalog.concat(_pgq_value._pgq_value) end))[1],
                (pg_catalog.array_agg(pg_catalog.pg_typeof(_pgq_value._pgq_value)::pg_catalog.oid))[1]
               from (select ($1).*) as _pgq_row,
            lateral (select ' operator(pg_catalog.||) _query operator(pg_catalog.||) E'\n) as _pgq_value(_pgq_value)'
       into _count, value, type
      using i_row;
    if _count operator(pg_catalog.<>) 1 then
        raise exception 'Expect 1 row from override query, got %', _count;
    end if;
end; $$ language plpgsql;
