"""Produces with python3-pgq, each event in its own transaction: number_producer.py DSN QUEUE COUNT; data is `python N`."""

import sys

import pgq
import psycopg2

dsn, queue, count = sys.argv[1:]
db = psycopg2.connect(dsn)
curs = db.cursor()
for n in range(1, int(count) + 1):
    pgq.insert_event(curs, queue, "number", "python %d" % n)
    db.commit()
db.close()
