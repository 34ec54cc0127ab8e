create or replace function pgq._grant_perms_from(src_schema text, src_table text, dst_schema text, dst_table text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._grant_perms_from(4)
--      Give one table the rights that another one has.
-- Returns:
--      1
-- ----------------------------------------------------------------------
declare
    g   record;
begin
    for g in
        select privilege_type,
               case grantee when 'PUBLIC' then 'public' else quote_ident(grantee) end as grantee,
               bool_or(is_grantable = 'YES') as grantable
            from information_schema.table_privileges
            where table_schema = src_schema and table_name = src_table
            group by 1, 2
            order by 1, 2
    loop
        execute format('grant %s on %I.%I to %s%s', g.privilege_type, dst_schema, dst_table, g.grantee,
            case when g.grantable then ' with grant option' else '' end);
    end loop;
    return 1;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
