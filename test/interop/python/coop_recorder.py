"""A cooperative consumer that writes every event with its own name into the table `shared`, in the transaction that
finishes the batch."""

import sys

import pgq


class CoopRecorder(pgq.CoopConsumer):
    def process_batch(self, db, batch_id, event_list):
        curs = db.cursor()
        for ev in event_list:
            curs.execute(
                "insert into shared (worker, batch_id, ev_id, ev_data) values ('python', %s, %s, %s)",
                [batch_id, ev.ev_id, ev.ev_data],
            )


if __name__ == "__main__":
    CoopRecorder("coop_recorder", "source_db", sys.argv[1:]).start()
