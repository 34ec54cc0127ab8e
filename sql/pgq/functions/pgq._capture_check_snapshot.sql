create or replace function pgq._capture_check_snapshot(i_table oid)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_check_snapshot(1)
--      Raises a serialization failure if the table was altered after this
--      transaction took its only snapshot: the catalog as the transaction
--      sees it is then not the one by which its rows are stored.
-- ----------------------------------------------------------------------
declare
    v_now   bigint;
begin
    if current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
        return;
    end if;

    -- a visible row with a committed xmax was replaced after the snapshot; xmax has 32 bits and lacks the epoch
    v_now := txid_snapshot_xmax(txid_current_snapshot()) + 1000000000;
    perform 1
       from (select c.xmax::text::bigint as x from pg_class c where c.oid = i_table
             union all
             select a.xmax::text::bigint from pg_attribute a where a.attrelid = i_table
             union all
             select i.xmax::text::bigint from pg_index i where i.indrelid = i_table) s
      where x > 2
        and txid_status(v_now - ((v_now - x) & 4294967295)) = 'committed';
    if found then
        raise exception 'table % was altered after this transaction began', i_table::regclass
            using errcode = 'serialization_failure', hint = 'Run the transaction again.';
    end if;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
