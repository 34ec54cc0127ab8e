-- tables of 3.2 to 3.7 get the form of 3.8; roles
do $upgrade$
begin
    perform londiste.upgrade_schema();
end $upgrade$;
