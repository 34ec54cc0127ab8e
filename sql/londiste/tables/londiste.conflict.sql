create table if not exists londiste.conflict (
    nr              bigint not null generated always as identity,
    queue_name      text not null,
    table_name      text not null,
    tick_id         int8 not null,
    event_id        int8 not null,
    event_txid      int8 not null,
    kind            text not null,
    policy          text not null,
    operation       text not null,
    row_key         text,
    event_type      text,
    event_data      text,
    data_length     int8,
    reason          text,
    noted           timestamptz not null default pg_catalog.clock_timestamp(),

    constraint conflict_pkey primary key (queue_name, table_name, nr),
    constraint conflict_queue_name_fkey foreign key (queue_name)
        references pgq_node.node_info (queue_name) on delete cascade
);
comment on table londiste.conflict is 'changes that did not fit the rows here, or were skipped, and did not stop the replay; the newest 1000 of each table. Not for everybody: event_data holds rows';
