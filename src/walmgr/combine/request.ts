// What a caller asks when a chain of backups is to become one, and what it is told.
import type { Clock } from "../../clock/index.ts";
import type { Logger } from "../../service/index.ts";
import type { BackupFormat, BackupProgress, DoneBackup } from "../backup/index.ts";
import type { Coding, MainKey } from "../codec/index.ts";
import type { Repository } from "../repository/index.ts";

export interface CombineRequest {
  readonly repository: Repository;
  /** An incremental backup. Default: the newest. */
  readonly set?: string | null;
  /** To read the chain. Default: the one of `coding`. */
  readonly keys?: readonly MainKey[];
  /** How the objects of the new backup are compressed and encrypted. */
  readonly coding: Coding;
  /** How its archives are stored. Default tar. */
  readonly format?: BackupFormat;
  /** As of a backup. */
  readonly parallelObjects?: number;
  /** Folder for a scratch directory, in which the files are put together, in the clear; see `CombinePlan.scratchBytes`. */
  readonly scratch: string;
  readonly ourUid: number | null;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface CombinePlan {
  /** Of the repository. */
  readonly repository: string;
  /** All that is read, the full one first. */
  readonly chain: readonly string[];
  /** A full backup of the same moment that is there already; null: there is none. */
  readonly combined: string | null;
  /** About the size of the new backup before compression. */
  readonly plainBytes: number;
  /** Room that is needed in `scratch` at least; what relations have grown in the chain comes on top. */
  readonly scratchBytes: number;
  /** Room that there is. */
  readonly freeBytes: number;
}

export interface CombineResult {
  readonly repository: string;
  readonly chain: readonly string[];
  /** The full backup of the moment of the last one of the chain. */
  readonly backup: DoneBackup;
  /** False: it was there already. */
  readonly isNew: boolean;
  /** Later incremental backups, which built on the last one of the chain and build on the full one now. */
  readonly moved: readonly string[];
}
