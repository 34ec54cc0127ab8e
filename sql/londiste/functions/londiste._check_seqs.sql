create or replace function londiste._check_seqs(
    in i_queue_name text,
    in i_seq_name text,
    in i_buffer int8,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste._check_seqs(3)
--      root_check_seqs(2), of one sequence or, for NULL, of all of them.
-- Tables directly manipulated:
--      update - londiste.seq_info
-- ----------------------------------------------------------------------
declare
    v_buffer    int8 := case when i_buffer >= 10 then i_buffer else 10000 end;
    v_type      text;
    v_seq       record;
    v_near      int8;
    v_value     int8;
begin
    select n.node_type into v_type from pgq_node.node_info n where n.queue_name = i_queue_name for update;
    if not found then
        select 404, 'Queue not found: ' || i_queue_name into ret_code, ret_note;
        return;
    elsif v_type <> 'root' then
        select 402, 'Not a root node' into ret_code, ret_note;
        return;
    end if;
    for v_seq in
        select s.seq_name, s.last_value, q.seqincrement > 0 as is_up
          from londiste.seq_info s
          left join pg_sequence q on q.seqrelid = londiste.find_seq_oid(s.seq_name)
         where s.queue_name = i_queue_name and s.local and (i_seq_name is null or s.seq_name = i_seq_name)
         order by s.nr
    loop
        v_near := londiste._seq_ahead(v_seq.seq_name, v_buffer);
        v_value := londiste._seq_ahead(v_seq.seq_name, v_buffer::numeric * 3);
        -- at its end there is nothing new to publish
        if v_value <> v_seq.last_value
           and ((v_seq.is_up and v_near >= v_seq.last_value) or (not v_seq.is_up and v_near <= v_seq.last_value)) then
            perform pgq.insert_event(i_queue_name, 'londiste.update-seq', v_value::text, v_seq.seq_name, null, null, null);
            update londiste.seq_info s set last_value = v_value
             where s.queue_name = i_queue_name and s.seq_name = v_seq.seq_name;
        end if;
    end loop;
    select 100, 'Sequences updated' into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
