create or replace function londiste.local_add_seq(
    in i_queue_name text,
    in i_seq_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_add_seq(2)
--      Makes this node take part in the replication of a sequence. On the
--      root it becomes part of the set.
-- Returns:
--      200 - added
--      201 - was there
--      400 - no such sequence in this database
--      404 - not part of the set
-- Tables directly manipulated:
--      insert, update - londiste.seq_info
-- ----------------------------------------------------------------------
declare
    v_seq   text := londiste.make_fqname(i_seq_name);
    v_row   record;
begin
    if londiste.find_seq_oid(v_seq) is null then
        select 400, 'Sequence not found: ' || v_seq into ret_code, ret_note;
        return;
    end if;
    if pgq_node.is_root_node(i_queue_name) then
        select s.local into v_row from londiste.seq_info s where s.queue_name = i_queue_name and s.seq_name = v_seq;
        if found and v_row.local then
            select 201, 'Sequence already added: ' || v_seq into ret_code, ret_note;
            return;
        end if;
        -- the end from which it comes: so it is published now
        insert into londiste.seq_info as s (queue_name, seq_name, local, last_value)
        select i_queue_name, v_seq, true, case when q.seqincrement > 0 then q.seqmin else q.seqmax end
          from pg_sequence q
         where q.seqrelid = londiste.find_seq_oid(v_seq)
            on conflict (queue_name, seq_name) do update set local = true;
        perform londiste._check_seqs(i_queue_name, v_seq, 10000);
    else
        select s.local, s.last_value into v_row
          from londiste.seq_info s where s.queue_name = i_queue_name and s.seq_name = v_seq;
        if not found then
            select 404, 'Unknown sequence: ' || v_seq into ret_code, ret_note;
            return;
        elsif v_row.local then
            select 201, 'Sequence already added: ' || v_seq into ret_code, ret_note;
            return;
        end if;
        update londiste.seq_info s set local = true where s.queue_name = i_queue_name and s.seq_name = v_seq;
        perform pgq.seq_setval(v_seq, v_row.last_value);
    end if;
    select 200, 'Sequence added: ' || v_seq into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
