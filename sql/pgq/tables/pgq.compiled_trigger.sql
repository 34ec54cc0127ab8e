-- Row triggers of the compatible kind (logutriga, sqltriga, jsontriga) for which a function was generated, see
-- pgq.maint_triggers. One row a trigger; ct_call is null where the general code has to do the work.
create table if not exists pgq.compiled_trigger (
    ct_table        oid         not null,
    ct_name         name        not null,
    ct_trigger      oid         not null,
    ct_format       text        not null,
    ct_args         text        not null,
    ct_shape        text        not null,
    ct_call         text,
    constraint compiled_trigger_pkey primary key (ct_table, ct_name)
);
