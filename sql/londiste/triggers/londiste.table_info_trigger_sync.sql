do $trigger$
begin
    -- older ones come after the row is gone, and then its destination is not known any more
    if exists (select from pg_catalog.pg_trigger
                where tgrelid = 'londiste.table_info'::pg_catalog.regclass
                  and tgname = 'table_info_trigger_sync'
                  and tgtype <> 11) then
        drop trigger table_info_trigger_sync on londiste.table_info;
    end if;
    if not exists (select from pg_catalog.pg_trigger
                    where tgrelid = 'londiste.table_info'::pg_catalog.regclass
                      and tgname = 'table_info_trigger_sync') then
        create trigger table_info_trigger_sync before delete on londiste.table_info
            for each row execute function londiste.table_info_trigger();
    end if;
end $trigger$;
