create or replace function londiste.create_partition(
    i_table text,
    i_part text,
    i_pkeys text,
    i_part_field text,
    i_part_time timestamptz,
    i_part_period text)
returns int as $$
-- ----------------------------------------------------------------------
-- Function: londiste.create_partition(6)
--      Makes an inherited child of a table, with everything that the parent
--      has: indexes, triggers, rules, rights, owner. Only one at a time.
-- Parameters:
--      i_table         - parent
--      i_part          - child
--      i_pkeys         - not used
--      i_part_field    - column that gets a check for the period; NULL or
--                        empty: no check
--      i_part_time     - a time in the period
--      i_part_period   - hour, day, month, year or what else date_trunc takes
-- Returns:
--      1 if it was made, 0 if it was there
-- ----------------------------------------------------------------------
declare
    v_parent    text := londiste.quote_fqname(i_table);
    v_part      text := londiste.quote_fqname(i_part);
    v_parent_id oid;
    v_owner     oid;
    v_start     timestamptz;
    v_item      record;
begin
    if i_table is null or i_part is null then
        raise exception 'need table and part';
    end if;
    lock table londiste.table_info in share update exclusive mode;
    if to_regclass(v_part) is not null then
        return 0;
    end if;

    execute format('create table %1$s (like %2$s including all) inherits (%2$s)', v_part, v_parent);
    v_parent_id := v_parent::regclass;
    select c.relowner into v_owner from pg_class c where c.oid = v_parent_id;
    if i_part_field <> '' then
        v_start := date_trunc(i_part_period, i_part_time);
        execute format('alter table %1$s add check (%2$I >= %3$L and %2$I < %4$L)', v_part, i_part_field,
                       to_char(v_start, 'YYYY-MM-DD HH24:MI:SS'),
                       to_char(v_start + ('1 ' || i_part_period)::interval, 'YYYY-MM-DD HH24:MI:SS'));
    end if;
    for v_item in
        select a.privilege_type, a.grantee, a.is_grantable
          from pg_class c, aclexplode(c.relacl) a
         where c.oid = v_parent_id and a.grantee <> c.relowner
    loop
        execute format('grant %s on %s to %s%s', v_item.privilege_type, v_part,
                       case when v_item.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(v_item.grantee)) end,
                       case when v_item.is_grantable then ' with grant option' else '' end);
    end loop;
    for v_item in
        select quote_ident(t.tgname) as name, t.tgenabled as enabled, pg_get_triggerdef(t.oid) as def
          from pg_trigger t
         where t.tgrelid = v_parent_id and not t.tgisinternal
    loop
        execute londiste._move_definition(v_item.def, 'TRIGGER ' || v_item.name, ' ON ' || v_parent, ' ON ' || v_part);
        perform londiste._set_enabled(v_part, 'trigger ' || v_item.name, v_item.enabled);
    end loop;
    for v_item in
        select quote_ident(r.rulename) as name, r.ev_enabled as enabled, pg_get_ruledef(r.oid) as def
          from pg_rewrite r
         where r.ev_class = v_parent_id and r.rulename <> '_RETURN'
    loop
        execute londiste._move_definition(v_item.def, 'RULE ' || v_item.name, ' TO ' || v_parent, ' TO ' || v_part);
        perform londiste._set_enabled(v_part, 'rule ' || v_item.name, v_item.enabled);
    end loop;
    if pg_get_userbyid(v_owner) <> current_user then
        execute format('alter table %s owner to %I', v_part, pg_get_userbyid(v_owner));
    end if;
    return 1;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
