create table if not exists londiste.copied_range (
    queue_name      text not null,
    table_name      text not null,
    part            text not null,
    from_block      int8 not null,
    to_block        int8,
    filenode        text not null,
    copied_rows     int8 not null,
    copied_bytes    int8 not null,
    copy_snapshot   text not null,

    constraint copied_range_pkey primary key (queue_name, table_name, part, from_block),
    constraint copied_range_copy_fkey foreign key (queue_name, table_name)
        references londiste.table_copy (queue_name, table_name) on delete cascade
);
comment on table londiste.copied_range is 'ranges of blocks of the source whose rows are stored here; to_block is the one after the last, NULL: to the end';
