// The one table of error codes. The reference page docs/reference/errors.md is made from it.

/** Exit statuses of all commands. */
export const exitStatus = { done: 0, failed: 1, wrongUse: 2, differencesFound: 3 } as const;

/** Exit statuses of walmgr alone. Its 1 is also archive-get's "not found", which ends a recovery. */
export const walmgrExit = {
  refused: 2,
  leaseHeld: 3,
  server: 4,
  repository: 5,
  verification: 6,
  gap: 7,
  cannotTell: 150,
} as const;

interface CodeEntry {
  readonly meaning: string;
  readonly cure: string;
  readonly exit: number;
}

export const errorCodes = {
  WRONG_USE: {
    meaning: "a command or function was called with arguments that it does not take",
    cure: "read the message; `--help` shows the arguments",
    exit: exitStatus.wrongUse,
  },
  CONNECTION_STRING: {
    meaning: "a connection string could not be read",
    cure: "use a URI (postgresql://host/db) or keywords (host=… dbname=…)",
    exit: exitStatus.wrongUse,
  },
  CONNECTION_FAILED: {
    meaning: "no connection to the server could be made",
    cure: "check that the server runs, the address, the user and the password",
    exit: exitStatus.failed,
  },
  CONNECTION_LOST: {
    meaning: "an open connection broke, or was ended by the server",
    cure: "connect again; the server's log says why it ended",
    exit: exitStatus.failed,
  },
  SERVICE_FILE: {
    meaning: "a connection service is not defined, or its file cannot be read",
    cure: "check PGSERVICEFILE, ~/.pg_service.conf and the service's name",
    exit: exitStatus.wrongUse,
  },
  DATABASE: {
    meaning: "the server answered with an error",
    cure: "the SQLSTATE and the server's hint say more",
    exit: exitStatus.failed,
  },
  ROW_COUNT: {
    meaning: "a statement gave another number of rows than its caller can use",
    cure: "the schema may be damaged or of another version: run `skytools doctor`",
    exit: exitStatus.failed,
  },
  UNSUPPORTED_SERVER: {
    meaning: "the server is older than PostgreSQL 14 or lacks something that is needed",
    cure: "use PostgreSQL 14 to 18",
    exit: exitStatus.failed,
  },
  INSTALL_RIGHTS: {
    meaning: "the role may not do what the installation needs",
    cure: "the hint lists the statements that an administrator can run beforehand",
    exit: exitStatus.failed,
  },
  SCHEMA_NEWER: {
    meaning: "the schema in the database was made by a newer skytools",
    cure: "use that version or a newer one",
    exit: exitStatus.failed,
  },
  SCHEMA_IN_USE: {
    meaning: "the schema cannot be removed while something uses it",
    cure: "remove what the message lists, or pass --force",
    exit: exitStatus.failed,
  },
  SCHEMA_UNKNOWN: {
    meaning: "there is no schema of that name in skytools",
    cure: "the hint lists the names",
    exit: exitStatus.wrongUse,
  },
  SCHEMA_FOREIGN: {
    meaning: "a schema of that name exists, but it is not a PgQ that can be taken over",
    cure: "see the message; rename or drop the schema",
    exit: exitStatus.failed,
  },
  PAYLOAD_INVALID: {
    meaning: "the payload of an event cannot be written, read, or does not fit its schema; the message says where",
    cure: "correct the producer or the schema; `issues()` of the error has the schema's own words",
    exit: exitStatus.failed,
  },
  EVENT_TYPE_UNKNOWN: {
    meaning: "the queue was defined with schemas, and none of them is for this type of event",
    cure: "add the type to `events` of defineQueue, or look for a typing mistake",
    exit: exitStatus.failed,
  },
  QUEUE_UNKNOWN: {
    meaning: "there is no queue of that name in the database",
    cure: "look for a typing mistake (`skytools queue list`), or create it: `skytools queue create`",
    exit: exitStatus.failed,
  },
  QUEUE_CLOSED: {
    meaning: "the queue takes no events, because its setting disable_insert is on",
    cure: "produce on the node where the queue is written, or switch the setting off",
    exit: exitStatus.failed,
  },
  SCHEMA_TOO_OLD: {
    meaning: "the database has no PgQ, or one that lacks what was called",
    cure: "run `skytools install pgq` in that database",
    exit: exitStatus.failed,
  },
  POSITION_LOST: {
    meaning: "the position that is kept beside the queue fits neither end of the batch",
    cure: "one of the two databases was restored; find out which, then seek the consumer or reset the position",
    exit: exitStatus.failed,
  },
  POSITION_FILE: {
    meaning: "the file with the position of a consumer cannot be read or written, or holds no tick",
    cure: "check folder, rights and free space; the hint has the system's words",
    exit: exitStatus.failed,
  },
  BATCH_LOST: {
    meaning: "the batch was finished or taken over by somebody else while its events were worked on",
    cure: "run one process for each consumer name, or cooperative workers with names of their own",
    exit: exitStatus.failed,
  },
  PARTITIONS_DIFFER: {
    meaning: "the consumer's work is split into another number of parts, or shared without order",
    cure: "use the same number in all workers; the page on sharing work says how to change it",
    exit: exitStatus.failed,
  },
  NODE_KIND: {
    meaning: "the node of a cascaded queue is of a kind that its worker cannot serve",
    cure: "only a leaf can have a combined queue, and that must be a root or branch in the same database",
    exit: exitStatus.failed,
  },
  CASCADE_EVENT: {
    meaning: "a cascaded queue holds an event that its nodes cannot act on",
    cure: "see the message; events of applications must not have types that begin with pgq.",
    exit: exitStatus.failed,
  },
  COPY_FAILED: {
    meaning: "the initial copy of a table cannot be made as things are",
    cure: "the message says what is missing; the worker tries again by itself, with pauses that grow",
    exit: exitStatus.failed,
  },
  COPY_OVERTAKEN: {
    meaning: "a table was removed, or asked to be copied anew, while it was being copied",
    cure: "nothing is to be done; the copy has ended",
    exit: exitStatus.failed,
  },
  NODE_UNKNOWN: {
    meaning: "a database has no node of the cascaded queue, or the queue has no member of that name",
    cure: "`members` lists the nodes; create-root, create-branch and create-leaf make one",
    exit: exitStatus.failed,
  },
  SET_REFUSED: {
    meaning: "an administration command does not fit the state of the nodes; nothing was changed",
    cure: "the message says which node and why; `status` shows the whole set",
    exit: exitStatus.failed,
  },
  WAIT_TIMEOUT: {
    meaning: "what was waited for did not happen within --timeout",
    cure: "see that the ticker and the workers run (`status`), then give the command again, with a longer --timeout",
    exit: exitStatus.failed,
  },
  NODE_REFUSED: {
    meaning: "a function of pgq_node or londiste answered with an error; nothing was changed",
    cure: "the message has its own words; `details.answer` has its number",
    exit: exitStatus.failed,
  },
  SCRIPT_MISMATCH: {
    meaning: "some of the attributes of a script hold on this node and some do not",
    cure: "make what is missing, or note the script as run on this node: londiste conf.ini skip-script NAME",
    exit: exitStatus.failed,
  },
  SCRIPT_FAILED: {
    meaning: "a statement of a script that runs on all nodes failed; nothing of the script is left behind",
    cure: "mend the cause, or note the script as run on this node: londiste conf.ini skip-script NAME",
    exit: exitStatus.failed,
  },
  NAME_UNKNOWN: {
    meaning: "tables or sequences were named that are not there, or not in the wanted state",
    cure: "`missing`, `tables` and `seqs` list what there is; --force takes names as they are",
    exit: exitStatus.failed,
  },
  TABLE_UNFIT: {
    meaning: "a table cannot be replicated as it is",
    cure: "see the message; a table without primary key needs a unique index without NULL",
    exit: exitStatus.failed,
  },
  SYNC_TIMEOUT: {
    meaning: "tables were not in sync within the time that was given",
    cure: "`status` and `tables` show what they wait for; the worker's log says why a copy fails",
    exit: exitStatus.failed,
  },
  CONSUMER_UNKNOWN: {
    meaning: "the consumer is not registered on the queue",
    cure: "look for a typing mistake, or register it: `skytools consumer register`",
    exit: exitStatus.failed,
  },
  EVENT_UNKNOWN: {
    meaning: "no event of that id is left in the queue",
    cure: "events are removed by rotation once all consumers have passed them; `skytools event list` shows what is there",
    exit: exitStatus.failed,
  },
  POSITION_GONE: {
    meaning: "the place in the queue that was asked for has no tick, or is no longer kept",
    cure: "the hint names the oldest and the newest place that there is",
    exit: exitStatus.failed,
  },
  SETTING_INVALID: {
    meaning: "a queue has no such setting, or the setting does not take the value",
    cure: "the hint names the nearest setting or the range",
    exit: exitStatus.wrongUse,
  },
  CONSUMERS_ATTACHED: {
    meaning: "the queue still has consumers, which would lose their events",
    cure: "unregister them, or pass --force (`force: true`)",
    exit: exitStatus.failed,
  },
  COMPARE_LAG: {
    meaning: "a node did not get to the moment at which its tables were to be compared",
    cure: "see that its worker runs, is not paused and has no error; --timeout gives it more time",
    exit: exitStatus.failed,
  },
  TICK_TIMEOUT: {
    meaning: "no tick was made in the time that was given for it",
    cure: "start a ticker (`skytools pgqd`), or use a role that is in pgq_admin",
    exit: exitStatus.failed,
  },
  CONFIRMATION: {
    meaning: "the command would lose something, and was not told to go ahead",
    cure: "read what would be lost, and repeat the command with --yes",
    exit: exitStatus.wrongUse,
  },
  TICK_LOST: {
    meaning: "the tick at which the consumer stands is not in the database any more",
    cure: "the database was restored or changed by hand: `consumer.seek()` to a tick that exists",
    exit: exitStatus.failed,
  },
  BATCH_LEFT_OPEN: {
    meaning: "a batch was left without reading all of its events or saying what becomes of the rest",
    cure: "read to the end, or call `batch.ackRest()`; the batch comes again",
    exit: exitStatus.failed,
  },
  RETRIES_EXHAUSTED: {
    meaning: "an event failed as often as the retry policy allows, and the policy says to stop",
    cure: "repair the handler, or let such events go to the dead letters",
    exit: exitStatus.failed,
  },
  FOLDER_IN_USE: {
    meaning: "the folder of a development server is in use by another process",
    cure: "use the server that runs, stop it, or give another folder",
    exit: exitStatus.failed,
  },
  SERVER_START: {
    meaning: "a PostgreSQL for tests or development did not start",
    cure: "the end of its log is in the message",
    exit: exitStatus.failed,
  },
  CONFIG_FILE: {
    meaning: "a configuration file cannot be read, or something in it is wrong",
    cure: "the message names file and line; `--ini` prints a sample",
    exit: exitStatus.failed,
  },
  PIDFILE: {
    meaning: "the pidfile belongs to a running process, cannot be written, or holds no process id",
    cure: "stop the other process with `-s`, or remove the file when it is not the program's own",
    exit: exitStatus.failed,
  },
  CODEC_MISSING: {
    meaning: "this computer lacks what is needed for a kind of compression",
    cure: "install what the hint names, or choose gzip",
    exit: exitStatus.failed,
  },
  ENCRYPTION_KEY: {
    meaning: "an encryption key is missing, is none, or is not the one that an object was encrypted with",
    cure: "give the key that was in use then: the message names its id",
    exit: exitStatus.failed,
  },
  ARCHIVE_INVALID: {
    meaning: "a tar archive is damaged, or has names that a backup cannot have",
    cure: "nothing was written outside the directory; take another backup",
    exit: walmgrExit.verification,
  },
  MANIFEST_INVALID: {
    meaning: "the manifest of a backup is damaged or of an unknown version",
    cure: "run `verify`; take another backup",
    exit: walmgrExit.verification,
  },
  BACKUP_INVALID: {
    meaning: "a file of a backup does not have the form that PostgreSQL gives it",
    cure: "run `verify`; take another backup",
    exit: walmgrExit.verification,
  },
  IMPORT_UNREADABLE: {
    meaning: "a file or folder that should be imported may not be read by this user, or is damaged or cut off",
    cure: "run `import` as the user that the files belong to; put a whole file there, or take it away",
    exit: exitStatus.failed,
  },
  BACKUP_FAILED: {
    meaning: "a backup was not finished; it does not count, and no earlier one was touched",
    cure: "the message says at which step it failed and why; run it again",
    exit: exitStatus.failed,
  },
  BACKUP_NOT_FOUND: {
    meaning: "there is no backup of that name, or none from which the wanted moment can be reached",
    cure: "`info` lists the backups and the times that can be reached",
    exit: exitStatus.failed,
  },
  RESTORE_FAILED: {
    meaning: "a restore was not finished, or the restored server did not get where it should",
    cure: "the message says why; the repository is not changed by a restore",
    exit: exitStatus.failed,
  },
  VERIFY_FAILED: {
    meaning: "a check of the repository found something wrong",
    cure: "the lines before say what; take a new backup, and keep the old ones until it is done",
    exit: walmgrExit.verification,
  },
  DAEMON_START: {
    meaning: "the program could not be put into the background, or ended there at once",
    cure: "read its log file, or start it without `-d`",
    exit: exitStatus.failed,
  },
  TICKER_FAILING: {
    meaning: "the ticker could not do its work for a database, as often in a row as exit_after_failures allows",
    cure: "the message names the database and the last error",
    exit: exitStatus.failed,
  },
  REPLICATION_FAILED: {
    meaning: "a replication connection was refused, or the server sent something that was not expected",
    cure: "the role needs the attribute REPLICATION, and pg_hba.conf a line for database `replication`",
    exit: walmgrExit.server,
  },
  STORE_OBJECT_MISSING: {
    meaning: "a store has no object of that name",
    cure: "`skytools walmgr conf.ini info` shows what the repository has",
    exit: walmgrExit.repository,
  },
  STORE_OBJECT_EXISTS: {
    meaning: "an object was to be made only if its name was free, and it was not",
    cure: "another process was faster: look at what is there",
    exit: walmgrExit.repository,
  },
  STORE_FAILED: {
    meaning: "a directory, ssh server or object store could not be read or written",
    cure: "the message has the system's words; nothing that was stored before is harmed",
    exit: walmgrExit.repository,
  },
  REPOSITORY_DAMAGED: {
    meaning: "an object of the repository does not have the bytes that were stored",
    cure: "run `verify`; take the object from another repository if there is one",
    exit: walmgrExit.repository,
  },
  REPOSITORY_FOREIGN: {
    meaning: "the repository belongs to another cluster, or its format is not known",
    cure: "give each cluster a repository of its own; a restored or newly made cluster is another one",
    exit: walmgrExit.refused,
  },
  LEASE_HELD: {
    meaning: "another process does this work for the same repository",
    cure: "stop that process, or wait until its lease has run out",
    exit: walmgrExit.leaseHeld,
  },
  WAL_DIFFERS: {
    meaning: "the repository has a WAL file of that name with other bytes",
    cure: "two clusters archive into one repository, or an old primary came back: find out which one is right",
    exit: walmgrExit.refused,
  },
  WAL_INVALID: {
    meaning: "a file is not the WAL segment that its name says",
    cure: "the message says what does not fit; nothing was stored",
    exit: walmgrExit.refused,
  },
  WAL_NOT_FOUND: {
    meaning: "no repository has the WAL file that was asked for",
    cure: "nothing, when recovery asks for what comes after the end",
    exit: exitStatus.failed,
  },
  WAL_CANNOT_TELL: {
    meaning: "a WAL file was not found, and not all repositories could be asked",
    cure: "make the repositories reachable; the server tries again or stops, it does not go on without the file",
    exit: walmgrExit.cannotTell,
  },
  WAL_GAP: {
    meaning: "WAL is missing that neither the server nor any other source has",
    cure: "make a full backup: moments between the gap and its end cannot be restored",
    exit: walmgrExit.gap,
  },
  SAFETY_REFUSED: {
    meaning: "the command would risk data or stop the service, so it was not done",
    cure: "the message says what to put right first; --force where that is offered",
    exit: walmgrExit.refused,
  },
  ROW_EVENT: {
    meaning: "an event that should hold a row cannot be understood",
    cure: "look at the event; what made it is no trigger of pgq",
    exit: exitStatus.failed,
  },
  REPLICA_TABLE: {
    meaning: "a table of this node does not fit the events that are replayed into it",
    cure: "give the table the columns and the key that it has on the root",
    exit: exitStatus.failed,
  },
  REPLICA_CONFLICT: {
    meaning: "a change cannot be replayed because the rows on this node are not those of the root",
    cure: "put the row right, or give the table a conflict policy, or copy it anew; the batch is tried again by itself",
    exit: exitStatus.failed,
  },
  HANDLER_UNKNOWN: {
    meaning: "a table asks for a handler that does not exist",
    cure: "see the list of handlers, or add the handler's module to the configuration",
    exit: exitStatus.wrongUse,
  },
  ABORTED: {
    meaning: "the work was stopped by a signal",
    cure: "run it again; nothing was left half done",
    exit: exitStatus.failed,
  },
} as const satisfies Record<string, CodeEntry>;

/** Code of a SkytoolsError. */
export type ErrorCode = keyof typeof errorCodes;
