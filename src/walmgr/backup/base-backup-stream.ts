// What BASE_BACKUP sends, the same for all versions: start, tablespaces, archives with their bytes, manifest, end.
import { SkytoolsError } from "../../errors/index.ts";
import type { CommandEvent, CommandResult, Notice, ReplicationConnection } from "../../postgres/index.ts";
import { type Lsn, parseLsn } from "../formats/index.ts";
import { baseBackupCommand, type BaseBackupRequest } from "./base-backup-command.ts";

export interface BackupTablespace {
  /** Null: the data directory itself. */
  readonly oid: string | null;
  readonly path: string;
  /** The server's estimate. */
  readonly sizeBytes: number;
}

export type BaseBackupEvent =
  | { readonly type: "start"; readonly lsn: Lsn; readonly timeline: number }
  | { readonly type: "end"; readonly lsn: Lsn; readonly timeline: number }
  | { readonly type: "tablespaces"; readonly tablespaces: readonly BackupTablespace[] }
  /** Null: the archive of the data directory. */
  | { readonly type: "archive"; readonly oid: string | null }
  | { readonly type: "manifest" }
  /** Of the archive or manifest that began last. */
  | { readonly type: "data"; readonly bytes: Buffer }
  | { readonly type: "finished" }
  | { readonly type: "notice"; readonly notice: Notice };

/**
 * Runs the command. What an archive lacks of its end (the two blocks of zeros, before 15) is added.
 * @throws DATABASE, CONNECTION_LOST, UNSUPPORTED_SERVER, REPLICATION_FAILED
 */
export async function* readBaseBackup(
  connection: ReplicationConnection,
  request: BaseBackupRequest,
): AsyncGenerator<readonly BaseBackupEvent[]> {
  const command = baseBackupCommand(connection.major, request);
  const reader = connection.major < 15 ? new SeparateCopies() : new TypedCopy();
  for await (const events of connection.events(command)) {
    const found: BaseBackupEvent[] = [];
    for (const event of events) {
      if (event.kind === "notice") found.push({ type: "notice", notice: event.notice });
      else reader.read(event, found);
    }
    if (found.length > 0) yield found;
  }
  reader.finish();
}

/** The results around the copies are the same in all versions. */
class ResultSets {
  tablespaces: readonly BackupTablespace[] | null = null;
  isComplete = false;
  #hasStarted = false;

  read(result: CommandResult, found: BaseBackupEvent[]): void {
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      found.push({ type: "start", ...position(result) });
    } else if (this.tablespaces === null) {
      const tablespaces = result.rows.map(toTablespace);
      this.tablespaces = tablespaces;
      found.push({ type: "tablespaces", tablespaces });
    } else {
      this.isComplete = true;
      found.push({ type: "end", ...position(result) });
    }
  }

  finish(): void {
    if (!this.isComplete) throw unexpected("the base backup has no end");
  }
}

/** 15 and newer: one copy, whose messages begin with a letter. */
class TypedCopy {
  readonly #results = new ResultSets();
  #letter = "";
  #text: Buffer[] = [];
  #isOpen = false;

  read(event: CommandEvent, found: BaseBackupEvent[]): void {
    if (event.kind === "result") this.#results.read(event.result, found);
    else if (event.kind === "copyDone") this.#close(found);
    else if (event.kind === "copyData") this.#readData(event, found);
  }

  finish(): void {
    this.#results.finish();
  }

  #readData(event: CommandEvent & { readonly kind: "copyData" }, found: BaseBackupEvent[]): void {
    let { data } = event;
    if (event.isFirst) {
      this.#letter = data.toString("latin1", 0, 1);
      data = data.subarray(1);
    }
    if (this.#letter === "d") {
      if (data.length > 0) found.push({ type: "data", bytes: data });
      return;
    }
    this.#text.push(data);
    if (event.isLast) this.#readMessage(found);
  }

  #readMessage(found: BaseBackupEvent[]): void {
    const body = Buffer.concat(this.#text);
    this.#text = [];
    if (this.#letter === "n") {
      this.#open(found);
      const name = body.toString("utf8", 0, body.indexOf(0));
      found.push({ type: "archive", oid: /^(\d+)\.tar/.exec(name)?.[1] ?? null });
    } else if (this.#letter === "m") {
      this.#open(found);
      found.push({ type: "manifest" });
    } else if (this.#letter !== "p") throw unexpected(`a message of kind "${this.#letter}"`);
  }

  #open(found: BaseBackupEvent[]): void {
    this.#close(found);
    this.#isOpen = true;
  }

  #close(found: BaseBackupEvent[]): void {
    if (this.#isOpen) found.push({ type: "finished" });
    this.#isOpen = false;
  }
}

/** 14: a copy for each tablespace, in the order of the rows, then one for the manifest. */
class SeparateCopies {
  readonly #results = new ResultSets();
  #copies = 0;

  read(event: CommandEvent, found: BaseBackupEvent[]): void {
    if (event.kind === "result") this.#results.read(event.result, found);
    else if (event.kind === "copyData") found.push({ type: "data", bytes: event.data });
    else if (event.kind === "copyOut") found.push(this.#begin());
    else if (event.kind === "copyDone") {
      if (this.#isArchive(this.#copies - 1)) found.push({ type: "data", bytes: Buffer.alloc(1024) });
      found.push({ type: "finished" });
    }
  }

  finish(): void {
    this.#results.finish();
  }

  #begin(): BaseBackupEvent {
    const index = this.#copies++;
    const tablespace = this.#results.tablespaces?.[index];
    return tablespace === undefined ? { type: "manifest" } : { type: "archive", oid: tablespace.oid };
  }

  #isArchive(index: number): boolean {
    return index < (this.#results.tablespaces?.length ?? 0);
  }
}

function position({ rows: [row] }: CommandResult): { readonly lsn: Lsn; readonly timeline: number } {
  const [lsn, timeline] = row ?? [];
  if (!lsn || !timeline) throw unexpected("a position is missing");
  return { lsn: parseLsn(lsn.toString("latin1")), timeline: Number(timeline.toString("latin1")) };
}

function toTablespace([oid, path, kilobytes]: readonly (Buffer | null)[]): BackupTablespace {
  return {
    oid: oid?.toString("latin1") ?? null,
    path: path?.toString("utf8") ?? "",
    sizeBytes: Number(kilobytes?.toString("latin1") ?? 0) * 1024,
  };
}

function unexpected(what: string): SkytoolsError {
  return new SkytoolsError("REPLICATION_FAILED", `unexpected answer to BASE_BACKUP: ${what}`);
}
