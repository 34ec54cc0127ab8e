create table if not exists londiste.pending_fkeys (
    from_table  text not null,
    to_table    text not null,
    fkey_name   text not null,
    fkey_def    text not null,

    constraint pending_fkeys_pkey primary key (from_table, fkey_name)
);
comment on table londiste.pending_fkeys is 'foreign keys that were dropped for a copy and come back after it';
