// What a caller asks of a restore, and what it is told.
import type { Clock } from "../../clock/index.ts";
import type { Logger } from "../../service/index.ts";
import type { MainKey } from "../codec/index.ts";
import type { Lsn } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import type { ExistingData } from "./destination.ts";
import type { RecoveryTarget, TargetAction } from "./target.ts";

export interface RestoreRequest {
  readonly repository: Repository;
  readonly keys?: readonly MainKey[];
  /** Where the receiver on this computer begins segments, when that is elsewhere and of the same cluster. */
  readonly receiver?: Repository | null;
  /** A set of `info`; left out: the newest that leads to the target. */
  readonly set?: string | null;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Default: refuse. */
  readonly existing?: ExistingData;
  /** Called when it is known what will be restored, before anything is touched. */
  readonly stopServer?: (() => Promise<void>) | undefined;
  /** New paths of tablespaces, by oid or by old path. */
  readonly tablespaceMap?: Readonly<Record<string, string>>;
  /** Directory for all tablespaces that the map does not name, each below its oid. Default: where they were. */
  readonly relocateAll?: string | null;
  /** Where pg_wal shall be instead of in the data directory. */
  readonly walDirectory?: string | null;
  /** Default: latest. */
  readonly target?: RecoveryTarget;
  readonly timeline?: number | "latest" | "current";
  /** The moment of the target itself belongs to it. Default true. */
  readonly inclusive?: boolean;
  /** What the server does at the target. Default promote. */
  readonly action?: TargetAction;
  /** The server becomes a standby instead: standby.signal, no target. Default false. */
  readonly standby?: boolean;
  /**
   * For the setting of that name: gets %f and %p. For "latest" it has to serve a begun segment too, when the server asks
   * for it. Null: no recovery settings at all (the caller writes his own).
   */
  readonly restoreCommand: string | null;
  /** The restored server may archive as the old one did. Default false: it cannot write into any archive. */
  readonly keepArchiving?: boolean;
  /** More settings for the restored server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Who we are; files get the owner of the destination when this is 0. */
  readonly ourUid: number | null;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface RestorePlan {
  readonly set: string;
  /** All sets that are read, the full one first. */
  readonly chain: readonly string[];
  readonly dataDirectory: string;
  readonly timeline: number;
  /** Recovery can come this far. */
  readonly reachLsn: Lsn;
  readonly usesPartial: boolean;
}

export interface RestoreResult extends RestorePlan {
  readonly movedTo: string | null;
  readonly writtenFiles: number;
  /** By a delta restore: files that were right already. */
  readonly keptFiles: number;
  readonly deletedFiles: number;
  readonly notes: readonly string[];
}

export const restoreDefaults = {
  keys: [],
  receiver: null,
  set: null,
  existing: "refuse",
  tablespaceMap: {},
  walDirectory: null,
  target: { kind: "latest" },
  timeline: "latest",
  inclusive: true,
  action: "promote",
  standby: false,
  keepArchiving: false,
  settings: {},
} as const;
