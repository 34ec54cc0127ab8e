create or replace function londiste._has_key(i_table oid, i_trg_args text[])
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: londiste._has_key(2)
--      Whether changes of a table can find their row again. Not by a
--      deferrable key: two rows may have it for a moment.
-- Parameters:
--      i_trg_args  - with 'pkey=a,b' the columns of a unique index that
--                    allows no NULL serve as key
-- ----------------------------------------------------------------------
    select exists (
        select from pg_index i
         where i.indrelid = i_table
           and i.indisunique
           and i.indisvalid
           and i.indimmediate
           and i.indpred is null
           and i.indexprs is null
           and (i.indisprimary
                or (select bool_and(a.attnotnull) and array_agg(a.attname::text order by a.attname::text) = (
                            select array_agg(k order by k)
                              from unnest(i_trg_args) arg,
                                   unnest(string_to_array(substring(arg from 6), ',')) k
                             where arg like 'pkey=%')
                      from pg_attribute a
                     where a.attrelid = i.indrelid
                       and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]))));
$$ language sql stable set search_path = pg_catalog, pg_temp;
