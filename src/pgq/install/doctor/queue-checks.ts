// The objects of each queue, and sequences that lag behind the ids in the tables.
import type { InstallDatabase } from "../database.ts";
import { type Finding, problem, reinstall } from "./finding.ts";

interface ObjectRow {
  queue: string;
  object: string;
  is_helper: boolean;
}

const OBJECTS = `
select q.queue_name as queue, o.object, o.is_helper
  from pgq.queue q,
       lateral (select q.queue_data_pfx as object, 'r' as kind, false as is_helper
                union all
                select q.queue_data_pfx || '_' || n, 'r', false from pg_catalog.generate_series(0, q.queue_ntables - 1) n
                union all
                select q.queue_event_seq, 'S', false
                union all
                select q.queue_tick_seq, 'S', false
                union all
                select 'pgq.queue_' || q.queue_id || '_switch_seq', 'S', true
                union all
                select 'pgq.queue_' || q.queue_id || '_tx_seq', 'S', true
                union all
                select 'pgq._insert_' || q.queue_id, 'f', true) o
 where case when o.kind = 'f'
            then not exists (select from pg_catalog.pg_proc p
                              where p.pronamespace = 'pgq'::pg_catalog.regnamespace
                                and 'pgq.' || p.proname = o.object)
            else pg_catalog.to_regclass(o.object) is null end
 order by 1, 2`;

export async function checkQueueObjects(db: InstallDatabase): Promise<readonly Finding[]> {
  const rows = await db.query<ObjectRow>(OBJECTS);
  return rows.map(({ queue, object, is_helper }) =>
    is_helper
      ? problem("missing-helper", `queue ${queue} has no ${object}`, reinstall("pgq"))
      : problem("missing-queue-object", `queue ${queue} has lost ${object}`, `restore it, or drop the queue ${queue}`),
  );
}

interface SequenceRow {
  sequence: string;
  last_value: string;
  highest: string;
}

const FIXED_SEQUENCES = `
select s.sequence, s.last_value::text, s.highest::text
  from (select 'pgq.queue_queue_id_seq' as sequence, (select last_value from pgq.queue_queue_id_seq) as last_value,
               (select pg_catalog.max(queue_id) from pgq.queue)::bigint as highest
        union all
        select 'pgq.consumer_co_id_seq', (select last_value from pgq.consumer_co_id_seq),
               (select pg_catalog.max(co_id) from pgq.consumer)
        union all
        select 'pgq.subscription_sub_id_seq', (select last_value from pgq.subscription_sub_id_seq),
               (select pg_catalog.max(sub_id) from pgq.subscription)
        union all
        select 'pgq.batch_id_seq', (select last_value from pgq.batch_id_seq),
               (select pg_catalog.max(sub_batch) from pgq.subscription)) s
 where s.highest > s.last_value`;

const QUEUE_SEQUENCES = `
select s.sequence, s.last_value::text, s.highest::text
  from pgq.queue q
  join lateral (select tick_id, tick_event_seq from pgq.tick where tick_queue = q.queue_id
                 order by tick_id desc limit 1) t on true,
       lateral (select q.queue_tick_seq as sequence, pgq.seq_getval(q.queue_tick_seq) as last_value, t.tick_id as highest
                union all
                select q.queue_event_seq, pgq.seq_getval(q.queue_event_seq), t.tick_event_seq) s
 where s.highest > s.last_value
   and pg_catalog.to_regclass(q.queue_tick_seq) is not null and pg_catalog.to_regclass(q.queue_event_seq) is not null`;

export async function checkSequences(db: InstallDatabase): Promise<readonly Finding[]> {
  const rows = [...(await db.query<SequenceRow>(FIXED_SEQUENCES)), ...(await db.query<SequenceRow>(QUEUE_SEQUENCES))];
  return rows.map(({ sequence, last_value, highest }) =>
    problem(
      "sequence-behind",
      `sequence ${sequence} is at ${last_value}, but ${highest} is in use (a restore does that)`,
      `select pg_catalog.setval('${sequence}', ${highest});`,
    ),
  );
}
