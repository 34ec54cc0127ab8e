-- Events that were set aside. The columns after ev_queue are those of pgq.event_template.
create table if not exists pgq.retry_queue (
    ev_retry_after  timestamptz not null,
    ev_queue        integer not null,

    ev_id           bigint not null,
    ev_time         timestamptz not null,
    ev_txid         bigint,
    ev_owner        integer not null,
    ev_retry        integer,

    ev_type         text,
    ev_data         text,
    ev_extra1       text,
    ev_extra2       text,
    ev_extra3       text,
    ev_extra4       text,

    constraint rq_pkey primary key (ev_owner, ev_id),
    constraint rq_queue_id_fkey foreign key (ev_queue) references pgq.queue (queue_id)
);

do $$
begin
    -- "create index if not exists" would lock the table against writers to find out
    if to_regclass('pgq.rq_retry_idx') is null then
        create index rq_retry_idx on pgq.retry_queue (ev_retry_after);
    end if;
end $$;
