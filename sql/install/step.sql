do $step$
begin
    if not exists (select from @schema@.install_step where step_name = '@step@') then
        execute $step_body$
@body@
$step_body$;
        insert into @schema@.install_step (step_name, step_breaking, package_version)
        values ('@step@', @breaking@, '@version@');
    end if;
end $step$;
