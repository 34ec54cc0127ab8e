insert into @schema@.install_step as s (step_name, step_breaking, package_version, script_hash)
values ('script', false, '@version@', '@script_hash@')
    on conflict (step_name) do update
   set package_version = excluded.package_version,
       script_hash = excluded.script_hash,
       catalog_hash = null,
       install_time = pg_catalog.now(),
       install_role = current_user;
