-- ----------------------------------------------------------------------
-- Table: pgq.capture
--      JSON capture: which table is captured into which queue, and how.
--      Written only by pgq.create_capture, pgq.drop_capture and
--      pgq.maint_capture. The trigger functions of a row are
--      pgq._capture_<capture_id>_<letter>(), the triggers on the table
--      _pgq_capture_<queue id>_<letter>, letters: i u d t (statement form),
--      r (row form).
-- Columns:
--      capture_id          - number in the names of the functions
--      capture_queue       - queue that gets the events
--      capture_table       - captured table
--      capture_options     - as given to pgq.create_capture
--      capture_form        - statement or row
--      capture_signature   - state of the table that the functions fit
--      capture_functions   - names of the functions in schema pgq
-- ----------------------------------------------------------------------
create table if not exists pgq.capture (
    capture_id          serial,
    capture_queue       integer not null,
    capture_table       regclass not null,
    capture_options     jsonb not null,
    capture_form        text not null,
    capture_signature   text not null,
    capture_functions   text[] not null,

    constraint capture_pkey primary key (capture_id),
    constraint capture_table_uq unique (capture_queue, capture_table),
    constraint capture_queue_fkey foreign key (capture_queue) references pgq.queue (queue_id)
);
