-- ----------------------------------------------------------------------
-- Table: pgq.dead_letter
--      Events that a consumer gave up on, see pgq.event_dead. They stay
--      when the consumer is unregistered, until they are replayed or
--      purged; they go with the queue.
-- Columns:
--      dl_id           - order in which they came
--      dl_queue        - queue
--      dl_consumer     - name of the consumer; that of the main consumer
--                        when the work is shared by pgq_coop
--      dl_time         - when it was given up
--      dl_reason       - in the consumer's words
--      ev_id ...       - the event as it was
-- ----------------------------------------------------------------------
create table if not exists pgq.dead_letter (
    dl_id           bigserial,
    dl_queue        integer not null,
    dl_consumer     text not null,
    dl_time         timestamptz not null default pg_catalog.now(),
    dl_reason       text,

    ev_id           bigint not null,
    ev_time         timestamptz not null,
    ev_txid         bigint,
    ev_retry        integer,
    ev_type         text,
    ev_data         text,
    ev_extra1       text,
    ev_extra2       text,
    ev_extra3       text,
    ev_extra4       text,

    constraint dead_letter_pkey primary key (dl_id),
    constraint dead_letter_event_uq unique (dl_queue, dl_consumer, ev_id),
    constraint dead_letter_queue_fkey foreign key (dl_queue) references pgq.queue (queue_id)
);
