create or replace function pgq_coop._partition_names(i_consumer_name text, i_count integer)
returns text[] as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop._partition_names(2)
--      Names under which the partitions of a consumer are registered, from
--      number 0 on: <consumer>.<number>/<count>.
-- ----------------------------------------------------------------------
    select array_agg(i_consumer_name || '.' || n || '/' || i_count order by n) from generate_series(0, i_count - 1) n;
$$ language sql immutable set search_path = pg_catalog, pg_temp;
