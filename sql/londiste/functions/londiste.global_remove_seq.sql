create or replace function londiste.global_remove_seq(
    in i_queue_name text,
    in i_seq_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.global_remove_seq(2)
--      Takes a sequence out of the set; the root tells the others.
-- Returns:
--      200 - done
--      400 - not found
-- Tables directly manipulated:
--      delete - londiste.seq_info
-- ----------------------------------------------------------------------
declare
    v_seq   text := londiste.make_fqname(i_seq_name);
begin
    delete from londiste.seq_info s where s.queue_name = i_queue_name and s.seq_name = v_seq;
    if not found then
        select 400, 'Sequence not found: ' || v_seq into ret_code, ret_note;
        return;
    end if;
    if pgq_node.is_root_node(i_queue_name) then
        perform londiste.root_notify_change(i_queue_name, 'londiste.remove-seq', v_seq);
    end if;
    select 200, 'Sequence removed: ' || v_seq into ret_code, ret_note;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
