create or replace function londiste.find_table_fkeys(i_table_name text)
returns setof londiste.pending_fkeys as $$
-- ----------------------------------------------------------------------
-- Function: londiste.find_table_fkeys(1)
--      Foreign keys from or to a table. Their definitions name everything
--      with its schema.
-- ----------------------------------------------------------------------
    select fn.nspname || '.' || f.relname, tn.nspname || '.' || t.relname, c.conname::text,
           format('alter table %s%s add constraint %I %s', case f.relkind when 'p' then '' else 'only ' end,
                  quote_ident(fn.nspname) || '.' || quote_ident(f.relname), c.conname, pg_get_constraintdef(c.oid))
      from pg_constraint c
      join pg_class f on f.oid = c.conrelid
      join pg_namespace fn on fn.oid = f.relnamespace
      join pg_class t on t.oid = c.confrelid
      join pg_namespace tn on tn.oid = t.relnamespace
     where c.contype = 'f'
       and c.conparentid = 0
       and londiste._find_any_table(i_table_name) in (c.conrelid, c.confrelid)
     order by 1, 2, 3;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
