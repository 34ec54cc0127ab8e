create or replace function londiste.root_check_seqs(
    in i_queue_name text,
    in i_buffer int8,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.root_check_seqs(2)
--      Publishes a value well ahead of each sequence that has come near to
--      the one published before.
-- Parameters:
--      i_buffer    - how near, default and if below 10: 10000. Published is
--                    three times as much ahead, within the bounds of the
--                    sequence.
-- Returns:
--      100 - done
--      402 - not a root node
--      404 - no such queue
-- ----------------------------------------------------------------------
    select * from londiste._check_seqs(i_queue_name, null, i_buffer);
$$ language sql set search_path = pg_catalog, pg_temp;

create or replace function londiste.root_check_seqs(
    in i_queue_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.root_check_seqs(1)
--      The same with the default buffer.
-- ----------------------------------------------------------------------
    select * from londiste.root_check_seqs(i_queue_name, 10000);
$$ language sql set search_path = pg_catalog, pg_temp;
