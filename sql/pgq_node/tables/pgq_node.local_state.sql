-- Where the cascaded consumers stand that write into this database: nodes' workers and others.
create table if not exists pgq_node.local_state (
    queue_name      text not null,
    consumer_name   text not null,
    provider_node   text not null,
    last_tick_id    bigint not null,                -- the last tick whose batch is committed here
    cur_error       text,                           -- of the last failure; null: fine
    paused          boolean not null default false, -- wish of an administrator
    uptodate        boolean not null default false, -- the consumer has seen the present row

    constraint local_state_pkey primary key (queue_name, consumer_name),
    constraint local_state_queue_name_fkey
        foreign key (queue_name) references pgq_node.node_info (queue_name),
    constraint local_state_queue_name_provider_node_fkey
        foreign key (queue_name, provider_node) references pgq_node.node_location (queue_name, node_name)
);
