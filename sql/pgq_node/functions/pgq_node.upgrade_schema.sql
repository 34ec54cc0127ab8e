create or replace function pgq_node.upgrade_schema()
returns int4 as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.upgrade_schema(0)
--      Adds what tables of older versions lack. May be called at any time; looks before it locks.
-- Returns:
--      Number of changes.
-- Tables directly manipulated:
--      alter - pgq_node.node_info
-- ----------------------------------------------------------------------
begin
    if exists (
        select from pg_attribute a
         where a.attrelid = 'pgq_node.node_info'::regclass and a.attname = 'node_attrs' and not a.attisdropped)
    then
        return 0;
    end if;
    alter table pgq_node.node_info add column node_attrs text;
    return 1;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
