create table if not exists londiste.applied_execute (
    queue_name      text not null,
    execute_file    text not null,
    execute_time    timestamptz not null default now(),
    execute_sql     text not null,
    execute_attrs   text,

    constraint applied_execute_pkey primary key (execute_file)
);
comment on table londiste.applied_execute is 'scripts that were run here; a name counts once over all queues';
