"""A consumer that writes every event into the table `seen`, in the transaction that finishes the batch.

Events of type `again` are put aside when they come for the first time. At an event of type `wait` the consumer waits
for the advisory lock 1, so that a test can kill it in the middle of a batch.
"""

import sys

import pgq


class Recorder(pgq.Consumer):
    def process_batch(self, db, batch_id, event_list):
        curs = db.cursor()
        for ev in event_list:
            if ev.ev_type == "again" and ev.ev_retry is None:
                ev.tag_retry(0)
                continue
            if ev.ev_type == "wait":
                curs.execute("select pg_advisory_xact_lock(1)")
            curs.execute(
                "insert into seen (ev_id, ev_type, ev_data, ev_extra1, ev_retry) values (%s, %s, %s, %s, %s)",
                [ev.ev_id, ev.ev_type, ev.ev_data, ev.ev_extra1, ev.ev_retry],
            )


if __name__ == "__main__":
    Recorder("recorder", "source_db", sys.argv[1:]).start()
