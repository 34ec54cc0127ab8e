-- Ticks: a snapshot of the running transactions and the position of the event sequence at that moment.
create table if not exists pgq.tick (
    tick_queue      integer not null,
    tick_id         bigint not null,
    tick_time       timestamptz not null default pg_catalog.now(),
    tick_snapshot   txid_snapshot not null default pg_catalog.txid_current_snapshot(),
    tick_event_seq  bigint not null, -- may be NULL in databases that come from PgQ 2.x

    constraint tick_pkey primary key (tick_queue, tick_id),
    constraint tick_queue_fkey foreign key (tick_queue) references pgq.queue (queue_id)
);
