create or replace function pgq._tick_txid(i_snapshot txid_snapshot, i_xmin xid)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq._tick_txid(2)
--      Transaction id of a tick, with its epoch: the one that is nearest to the end of its snapshot.
--      Inlined, with a safe search_path.
-- Parameters:
--      i_snapshot      - of the tick
--      i_xmin          - of its row
-- ----------------------------------------------------------------------
    select txid_snapshot_xmax(i_snapshot) - 2147483648
        + (i_xmin::text::bigint - (txid_snapshot_xmax(i_snapshot) & 4294967295) + 6442450944) % 4294967296;
$$ language sql immutable;
