create or replace function pgq_coop._is_split(i_queue_name text, i_consumer_name text, i_count integer)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq_coop._is_split(3)
--      Whether a consumer has exactly the partitions of that number.
-- ----------------------------------------------------------------------
declare
    _answer boolean;
begin
    select count(*) = i_count + 1
           and count(*) filter (where x.co_name = any (pgq_coop._partition_names(i_consumer_name, i_count))) = i_count
      into _answer
      from pgq.subscription s
      join pgq.queue q on q.queue_id = s.sub_queue
      join pgq.consumer c on c.co_id = s.sub_consumer
      join pgq.subscription m on m.sub_queue = s.sub_queue and m.sub_id = s.sub_id
      join pgq.consumer x on x.co_id = m.sub_consumer
     where q.queue_name = i_queue_name
       and c.co_name = i_consumer_name;
    return _answer;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
