-- ----------------------------------------------------------------------
-- Table: pgq.event_key
--      Idempotency keys of events, see pgq.insert_event_once.
--      No foreign key: it would lock the queue's row for each producer.
-- Columns:
--      ek_queue        - queue
--      ek_key          - the producer's key
--      ek_event        - id of the event that was inserted with it
--      ek_expire       - from then on the key is as good as unknown
-- ----------------------------------------------------------------------
create table if not exists pgq.event_key (
    ek_queue        integer not null,
    ek_key          text not null,
    ek_event        bigint not null,
    ek_expire       timestamptz not null,

    constraint event_key_pkey primary key (ek_queue, ek_key)
);

do $$
begin
    -- "create index if not exists" would lock the table against writers to find out
    if to_regclass('pgq.event_key_expire_idx') is null then
        create index event_key_expire_idx on pgq.event_key (ek_expire);
    end if;
end $$;
