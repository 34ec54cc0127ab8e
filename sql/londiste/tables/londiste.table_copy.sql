create table if not exists londiste.table_copy (
    queue_name  text not null,
    table_name  text not null,
    token       text not null,
    basis       text not null,

    constraint table_copy_pkey primary key (queue_name, table_name),
    constraint table_copy_table_fkey foreign key (queue_name, table_name)
        references londiste.table_info (queue_name, table_name) on delete cascade
);
comment on table londiste.table_copy is 'copies that can be gone on with: what they rely on as JSON, and the mark of the worker that does it';
