-- Positions of consumers. States: position only (last_tick), batch open (last_tick, next_tick, batch), idle
-- subconsumer of pgq_coop (all three null).
do $$
begin
    if to_regclass('pgq.batch_id_seq') is null then
        create sequence pgq.batch_id_seq;
    end if;
end $$;

create table if not exists pgq.subscription (
    sub_id          serial, -- not unique: cooperating consumers share one
    sub_queue       integer not null,
    sub_consumer    integer not null,

    sub_last_tick   bigint,
    sub_active      timestamptz not null default pg_catalog.now(),
    sub_batch       bigint,
    sub_next_tick   bigint,

    constraint subscription_pkey primary key (sub_queue, sub_consumer),
    constraint subscription_batch_idx unique (sub_batch),
    constraint sub_queue_fkey foreign key (sub_queue) references pgq.queue (queue_id),
    constraint sub_consumer_fkey foreign key (sub_consumer) references pgq.consumer (co_id)
);
