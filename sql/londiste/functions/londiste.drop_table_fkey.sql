create or replace function londiste.drop_table_fkey(i_from_table text, i_fkey_name text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: londiste.drop_table_fkey(2)
--      Drops a foreign key and remembers it.
-- Parameters:
--      i_from_table    - full name of the referencing table
-- Returns:
--      1, or 0 if there is no such key
-- Tables directly manipulated:
--      insert - londiste.pending_fkeys
-- ----------------------------------------------------------------------
declare
    v_key   londiste.pending_fkeys;
begin
    select * into v_key
      from londiste.find_table_fkeys(i_from_table) f
     where f.from_table = i_from_table and f.fkey_name = i_fkey_name;
    if not found then
        return 0;
    end if;
    insert into londiste.pending_fkeys
    values (v_key.*)
        on conflict (from_table, fkey_name) do update set to_table = excluded.to_table, fkey_def = excluded.fkey_def;
    execute format('alter table %s%s drop constraint %I',
                   case when londiste.find_table_oid(i_from_table) is null then '' else 'only ' end,
                   londiste.quote_fqname(i_from_table), i_fkey_name);
    return 1;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
