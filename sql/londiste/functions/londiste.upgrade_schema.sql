create or replace function londiste.upgrade_schema()
returns int4 as $$
-- ----------------------------------------------------------------------
-- Function: londiste.upgrade_schema(0)
--      Brings tables of 3.2 to 3.7 to the form of 3.8 and makes the roles.
--      Harmless on current tables.
-- Returns:
--      0
-- Tables directly manipulated:
--      alter - londiste.table_info, londiste.applied_execute
-- ----------------------------------------------------------------------
declare
    _role   record;
    _name   text;
begin
    if exists (select from pg_constraint
                where conrelid = 'londiste.table_info'::regclass
                  and conname = 'table_info_check'
                  and position('catching-up' in pg_get_constraintdef(oid)) = 0) then
        alter table londiste.table_info drop constraint table_info_check;
        alter table londiste.table_info add constraint table_info_check
            check (dropped_ddl is null or merge_state in ('in-copy', 'catching-up'));
    end if;
    if not exists (select from pg_attribute
                    where attrelid = 'londiste.table_info'::regclass and attname = 'dest_table' and not attisdropped) then
        alter table londiste.table_info add column dest_table text;
    end if;
    if not exists (select from pg_attribute
                    where attrelid = 'londiste.applied_execute'::regclass and attname = 'execute_attrs' and not attisdropped) then
        alter table londiste.applied_execute add column execute_attrs text;
    end if;
    for _name in
        select conname from pg_constraint
         where conrelid = 'londiste.applied_execute'::regclass and contype = 'f'
    loop
        execute format('alter table londiste.applied_execute drop constraint %I', _name);
    end loop;
    select conname into _name
      from pg_constraint
     where conrelid = 'londiste.applied_execute'::regclass and contype = 'p' and array_length(conkey, 1) > 1;
    if found then
        -- a script that was run for several queues was run once here
        delete from londiste.applied_execute e
         using londiste.applied_execute older
         where older.execute_file = e.execute_file
           and (older.execute_time, older.queue_name) < (e.execute_time, e.queue_name);
        execute format('alter table londiste.applied_execute drop constraint %I', _name);
        alter table londiste.applied_execute add constraint applied_execute_pkey primary key (execute_file);
    end if;

    -- roles belong to the whole server and may be made by two installations at once
    for _role in select * from (values ('londiste_writer', 'pgq_admin'), ('londiste_reader', 'pgq_reader')) r (name, parent) loop
        if to_regrole(_role.name) is null then
            begin
                execute format('create role %I', _role.name);
            exception
                when duplicate_object or unique_violation then
                    null;
            end;
        end if;
        if not pg_has_role(_role.name, _role.parent, 'member') then
            execute format('grant %I to %I', _role.parent, _role.name);
        end if;
    end loop;
    return 0;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
