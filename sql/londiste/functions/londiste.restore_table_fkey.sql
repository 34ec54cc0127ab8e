create or replace function londiste.restore_table_fkey(
    i_from_table text,
    i_fkey_name text,
    i_lazy boolean default false)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.restore_table_fkey(3)
--      Brings a dropped foreign key back.
-- Parameters:
--      i_from_table    - full name of the referencing table
--      i_lazy          - true: do nothing but say what is to be done, in steps
--                        that do not hold up writers for long
-- Returns:
--      Empty when all is done. Else a statement: run it in the same
--      transaction, commit, call again.
-- Tables directly manipulated:
--      delete - londiste.pending_fkeys
-- ----------------------------------------------------------------------
declare
    v_key       record;
    v_validated boolean;
    v_only      text;
begin
    select p.from_table, p.fkey_name, p.fkey_def into v_key
      from londiste.pending_fkeys p
     where p.from_table = i_from_table and p.fkey_name = i_fkey_name
       for update;
    if not found then
        return '';
    end if;
    if i_lazy then
        v_only := case when londiste.find_rel_oid(i_from_table, 'p') is null then 'only ' else '' end;
        select c.convalidated into v_validated
          from pg_catalog.pg_constraint c
         where c.conrelid = londiste._find_any_table(i_from_table)
           and c.conname = i_fkey_name
           and c.contype = 'f';
        if not found then
            -- before version 18 the key of a partitioned table cannot be added NOT VALID
            if v_only = '' and pg_catalog.current_setting('server_version_num')::int4 < 180000 then
                return v_key.fkey_def;
            end if;
            return v_key.fkey_def || ' not valid';
        elsif not v_validated then
            return pg_catalog.format('alter table %s%s validate constraint %I', v_only,
                                     londiste.quote_fqname(i_from_table), i_fkey_name);
        end if;
    else
        execute v_key.fkey_def;
    end if;
    delete from londiste.pending_fkeys p where p.from_table = i_from_table and p.fkey_name = i_fkey_name;
    return '';
end; $$ language plpgsql strict; -- no search_path: old definitions rely on the session's
