create or replace function pgq._raise_serial_sequences()
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._raise_serial_sequences(0)
--      Raise the sequences of the id columns to the highest ids in use: those of the C extension were
--      not dumped, so after a restore they begin at 1 again.
-- ----------------------------------------------------------------------
declare
    v_highest   bigint;
    s           record;
begin
    for s in
        select *
            from (values
                ('pgq.queue', 'queue_id', 'pgq.queue_queue_id_seq'),
                ('pgq.consumer', 'co_id', 'pgq.consumer_co_id_seq'),
                ('pgq.subscription', 'sub_id', 'pgq.subscription_sub_id_seq'),
                ('pgq.subscription', 'sub_batch', 'pgq.batch_id_seq')
            ) v (tbl, col, seq)
    loop
        execute format('select max(%I) from %s', s.col, s.tbl) into v_highest;
        if v_highest > pgq.seq_getval(s.seq)
            or v_highest = pgq.seq_getval(s.seq) and pg_sequence_last_value(s.seq) is null
        then
            perform setval(s.seq, v_highest);
        end if;
    end loop;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
