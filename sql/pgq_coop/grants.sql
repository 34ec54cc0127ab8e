-- Everybody may ask for the version, members of pgq_reader may do the rest.
revoke all on function
    pgq_coop.version(),
    pgq_coop._add_subconsumer(text, text, text),
    pgq_coop._partition_names(text, integer),
    pgq_coop._is_split(text, text, integer),
    pgq_coop.register_partitions(text, text, integer, bigint),
    pgq_coop.next_partition_batch(text, text, integer, bigint, interval, int4, interval, int4, interval),
    pgq_coop.register_subconsumer(text, text, text),
    pgq_coop.unregister_subconsumer(text, text, text, integer),
    pgq_coop.next_batch(text, text, text),
    pgq_coop.next_batch(text, text, text, interval),
    pgq_coop.next_batch_custom(text, text, text, interval, int4, interval),
    pgq_coop.next_batch_custom(text, text, text, interval, int4, interval, interval),
    pgq_coop.heartbeat(text, text, text, bigint),
    pgq_coop.finish_batch(bigint),
    pgq_coop.finish_batch(bigint, text, text, text)
from public, pgq_reader, pgq_writer, pgq_admin;

grant execute on function pgq_coop.version() to public;

grant execute on function
    pgq_coop.register_partitions(text, text, integer, bigint),
    pgq_coop.next_partition_batch(text, text, integer, bigint, interval, int4, interval, int4, interval),
    pgq_coop.register_subconsumer(text, text, text),
    pgq_coop.unregister_subconsumer(text, text, text, integer),
    pgq_coop.next_batch(text, text, text),
    pgq_coop.next_batch(text, text, text, interval),
    pgq_coop.next_batch_custom(text, text, text, interval, int4, interval),
    pgq_coop.next_batch_custom(text, text, text, interval, int4, interval, interval),
    pgq_coop.heartbeat(text, text, text, bigint),
    pgq_coop.finish_batch(bigint),
    pgq_coop.finish_batch(bigint, text, text, text)
to pgq_reader;
