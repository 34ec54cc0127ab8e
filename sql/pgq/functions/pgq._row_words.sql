create or replace function pgq._row_words(i_expression text, i_names text[])
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._row_words(2)
--      An expression given as trigger argument as the server is to read it.
--      An unquoted word that equals the name of a mixed-case column means that
--      column, and so do words like current_user or order if a column is
--      called so; such triggers exist.
-- Parameters:
--      i_expression    - text from the trigger
--      i_names         - columns of the row
-- ----------------------------------------------------------------------
declare
    _words  text[];
begin
    -- the rest of a query is put around the expression, it must not close it
    if i_expression operator(pg_catalog.~) '^[^()''"$]*[)]' then
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

    if _words is null then
        return i_expression;
    end if;
    -- tokens: strings, comments, quoted identifiers, words with their dots and parentheses, anything else
    return (
        select pg_catalog.string_agg(
                   case when m.token[1] operator(pg_catalog.=) any (_words)
                        then pg_catalog.quote_ident(m.token[1]) else m.token[1] end, '' order by m.pos)
          from pg_catalog.regexp_matches(i_expression,
                   E'([eE]''(?:[^''\\\\]|\\\\.|'''')*''|''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[$][$](?:[^$]|[$][^$])*[$][$]'
                   '|--[^\\n]*|/[*](?:[^*]|[*]+[^*/])*[*]+/|[A-Za-z0-9_.]+(?:[ \\t\\n]*[(])?|.)', 'g') with ordinality as m(token, pos));
end; $$ language plpgsql immutable;
