// The configuration files that init writes: the keys that every site needs, with the names that walmgr always used.

export interface MasterFacts {
  readonly jobName: string;
  readonly configDirectory: string;
  readonly pgdata: string;
  /** Host of the other side; the repository is there. */
  readonly slave: string;
  readonly masterDb: string;
}

export function masterFile({ jobName, pgdata, slave, masterDb }: MasterFacts): string {
  return file({
    job_name: jobName,
    logfile: "~/log/%(job_name)s.log",
    pidfile: "~/pid/%(job_name)s.pid",
    "": "",
    master_db: masterDb,
    master_data: pgdata,
    slave,
    walmgr_data: "~/walshipping",
  });
}

export interface SlaveFacts {
  readonly jobName: string;
  readonly pgdata: string;
  readonly bin: string | null;
  readonly startCommand: string | null;
  readonly stopCommand: string | null;
  readonly primaryConninfo: string | null;
}

export function slaveFile(facts: SlaveFacts): string {
  return file({
    job_name: facts.jobName,
    logfile: "~/log/%(job_name)s.log",
    pidfile: "~/pid/%(job_name)s.pid",
    "": "",
    walmgr_data: "~/walshipping",
    slave_data: facts.pgdata,
    ...(facts.bin === null ? {} : { slave_bin: facts.bin }),
    ...(facts.startCommand === null ? {} : { slave_start_cmd: facts.startCommand }),
    ...(facts.stopCommand === null ? {} : { slave_stop_cmd: facts.stopCommand }),
    ...(facts.primaryConninfo === null ? {} : { primary_conninfo: facts.primaryConninfo }),
    keep_backups: "3",
  });
}

function file(keys: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(keys).map((key) => key.length));
  const lines = Object.entries(keys).map(([key, value]) => (key === "" ? "" : `${key.padEnd(width)} = ${value}`));
  return ["[walmgr]", ...lines, ""].join("\n");
}
