"""Produces with both functions of python3-pgq: producer.py DSN QUEUE."""

import datetime
import sys

import pgq
import psycopg2

dsn, queue = sys.argv[1:]
db = psycopg2.connect(dsn)
curs = db.cursor()

pgq.insert_event(curs, queue, "single", "a single event", "extra one")

now = datetime.datetime.now(datetime.timezone.utc)
rows = [[now, "bulk", "tab\tnewline\nbackslash \\ %d" % n, None] for n in range(3)]
pgq.bulk_insert_events(curs, rows, ["time", "type", "data", "extra1"], queue)
db.commit()

pgq.insert_event(curs, queue, "undone", "never to be seen")
db.rollback()
db.close()
