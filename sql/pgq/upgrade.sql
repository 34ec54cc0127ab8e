-- Roles, columns of older versions, helpers of existing queues.
select pgq.upgrade_schema();
