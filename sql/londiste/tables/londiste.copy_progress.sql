create unlogged table if not exists londiste.copy_progress (
    queue_name          text not null,
    table_name          text not null,
    copied_rows         int8 not null,
    copied_bytes        int8 not null,
    copied_share        float8,
    rows_per_second     float8 not null,
    bytes_per_second    float8 not null,
    seconds_left        float8,
    told                timestamptz not null,

    constraint copy_progress_pkey primary key (queue_name, table_name)
);
comment on table londiste.copy_progress is 'how far the copies of tables that are in-copy have told to be, for who looks on; copied_share is 0 to 1, NULL: not known';
