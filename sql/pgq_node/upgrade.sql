-- tables of 3.0 get the column for attributes
do $upgrade$
begin
    perform pgq_node.upgrade_schema();
end $upgrade$;
