create or replace function londiste.local_remove_seq(
    in i_queue_name text,
    in i_seq_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_remove_seq(2)
--      Ends this node's part in the replication of a sequence. On the root
--      it leaves the set.
-- Returns:
--      200 - done
--      400, 404 - not found on the root, elsewhere
-- ----------------------------------------------------------------------
declare
    v_seq   text := londiste.make_fqname(i_seq_name);
begin
    if pgq_node.is_root_node(i_queue_name) then
        select g.ret_code, g.ret_note into ret_code, ret_note from londiste.global_remove_seq(i_queue_name, v_seq) g;
        return;
    end if;
    update londiste.seq_info s set local = false
     where s.queue_name = i_queue_name and s.seq_name = v_seq and s.local;
    if not found then
        select 404, 'Sequence not found: ' || v_seq into ret_code, ret_note;
        return;
    end if;
    select 200, 'Sequence removed: ' || v_seq into ret_code, ret_note;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
