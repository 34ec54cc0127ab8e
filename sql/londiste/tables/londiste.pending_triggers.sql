create table if not exists londiste.pending_triggers (
    table_name      text not null,
    trigger_name    text not null,

    constraint pending_triggers_pkey primary key (table_name, trigger_name)
);
comment on table londiste.pending_triggers is 'triggers of users that are disabled while their table is replayed into by sessions that cannot keep them from firing';
