create or replace function pgq._own_txid_open(i_snapshot txid_snapshot, i_txid bigint)
returns txid_snapshot as $$
-- ----------------------------------------------------------------------
-- Function: pgq._own_txid_open(2)
--      The snapshot with the transaction's own id among those that are open.
--
--      PostgreSQL leaves the own id out of a snapshot's list. When a younger transaction has ended meanwhile, the id lies
--      below the end of the snapshot and counts as seen; a tick with that snapshot would end a batch in the middle of
--      its own transaction, and the events that follow in it would be in no batch.
-- Parameters:
--      i_snapshot      - counts i_txid as seen
--      i_txid          - id of this transaction
-- ----------------------------------------------------------------------
    select (txid_snapshot_xmin(i_snapshot) || ':' || txid_snapshot_xmax(i_snapshot) || ':' || string_agg(x.txid::text, ',' order by x.txid))::txid_snapshot
        from (select txid_snapshot_xip(i_snapshot) union all select i_txid) x (txid);
$$ language sql set search_path = pg_catalog, pg_temp;
