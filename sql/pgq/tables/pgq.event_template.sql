-- Parent of the event tables of all queues.
create table if not exists pgq.event_template (
    ev_id       bigint not null,
    ev_time     timestamptz not null,
    ev_txid     bigint not null default pg_catalog.txid_current(),
    ev_owner    integer, -- sub_id that asked for the retry; null: for everybody
    ev_retry    integer, -- null: first time

    ev_type     text,
    ev_data     text,
    ev_extra1   text,
    ev_extra2   text,
    ev_extra3   text,
    ev_extra4   text
);
