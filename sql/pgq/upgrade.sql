-- Roles, columns of older versions, helpers of existing queues.
select pgq.upgrade_schema();
-- Old trigger definitions, also those of a C version that is taken over.
select pgq.maint_triggers();
