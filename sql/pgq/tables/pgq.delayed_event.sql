-- ----------------------------------------------------------------------
-- Table: pgq.delayed_event
--      Events that come into their queue later, see pgq.insert_event_at.
--      No foreign key: it would lock the queue's row for each producer.
-- Columns:
--      de_queue        - queue
--      de_due          - when it is to come into the queue
--      de_created      - when it was given
--      ev_id           - event id, from the queue's sequence
--      ev_type ...     - payload
-- ----------------------------------------------------------------------
create table if not exists pgq.delayed_event (
    de_queue        integer not null,
    de_due          timestamptz not null,
    de_created      timestamptz not null default pg_catalog.now(),

    ev_id           bigint not null,
    ev_type         text,
    ev_data         text,
    ev_extra1       text,
    ev_extra2       text,
    ev_extra3       text,
    ev_extra4       text,

    constraint delayed_event_pkey primary key (de_queue, ev_id)
);

do $$
begin
    -- "create index if not exists" would lock the table against writers to find out
    if to_regclass('pgq.delayed_event_due_idx') is null then
        create index delayed_event_due_idx on pgq.delayed_event (de_queue, de_due);
    end if;
end $$;
