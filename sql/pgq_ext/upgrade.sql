-- tables of 2.1 get the subconsumer column
do $upgrade$
begin
    perform pgq_ext.upgrade_schema();
end $upgrade$;
