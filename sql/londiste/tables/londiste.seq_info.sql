create table if not exists londiste.seq_info (
    nr          serial not null,
    queue_name  text not null,
    seq_name    text not null,
    local       boolean not null default false,
    last_value  bigint not null,

    constraint seq_info_pkey primary key (queue_name, seq_name),
    constraint seq_info_queue_name_fkey foreign key (queue_name)
        references pgq_node.node_info (queue_name) on delete cascade
);
comment on table londiste.seq_info is 'sequences of the set; last_value is what the root published last';
