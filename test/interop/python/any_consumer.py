"""A consumer of the class named first: it writes every event into the table `seen`, in the transaction that keeps the
position, or, as LocalConsumer, into the file named by the key `output`.

At an event of type `wait` it waits for the advisory lock 1, so that a test can end it in the middle of a batch.
"""

import sys

import pgq


def record(db, event_list):
    curs = db.cursor()
    for ev in event_list:
        if ev.ev_type == "wait":
            curs.execute("select pg_advisory_xact_lock(1)")
        curs.execute(
            "insert into seen (who, ev_id, ev_type, ev_data) values ('python', %s, %s, %s)",
            [ev.ev_id, ev.ev_type, ev.ev_data],
        )


class Consumer(pgq.Consumer):
    def process_batch(self, db, batch_id, event_list):
        record(db, event_list)


class CoopConsumer(pgq.CoopConsumer):
    def process_batch(self, db, batch_id, event_list):
        record(db, event_list)


class SerialConsumer(pgq.SerialConsumer):
    def process_remote_batch(self, db, batch_id, event_list, dst_db):
        record(dst_db, event_list)


class RemoteConsumer(pgq.RemoteConsumer):
    def process_remote_batch(self, db, batch_id, event_list, dst_db):
        record(dst_db, event_list)


class LocalConsumer(pgq.LocalConsumer):
    def process_local_batch(self, db, batch_id, event_list):
        with open(self.cf.getfile("output"), "a") as output:
            for ev in event_list:
                output.write(ev.ev_data + "\n")


if __name__ == "__main__":
    kind = globals()[sys.argv[1]]
    databases = ["source_db", "dst_db"] if kind in (SerialConsumer, RemoteConsumer) else ["source_db"]
    kind("recorder", *databases, sys.argv[2:]).start()
