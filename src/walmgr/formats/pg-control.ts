// global/pg_control: the identity and the state of a cluster.
import { SkytoolsError } from "../../errors/index.ts";
import { crc32c } from "../codec/index.ts";
import { fromServerTime, type Lsn } from "./lsn.ts";

export const controlStates = {
  0: "starting up",
  1: "shut down",
  2: "shut down in recovery",
  3: "shutting down",
  4: "in crash recovery",
  5: "in archive recovery",
  6: "in production",
} as const;
export type ControlState = (typeof controlStates)[keyof typeof controlStates];

export interface ControlData {
  readonly systemId: bigint;
  readonly controlVersion: number;
  readonly catalogVersion: number;
  readonly state: ControlState;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly checkpointLsn: Lsn;
  readonly redoLsn: Lsn;
  readonly timeline: number;
  readonly previousTimeline: number;
  /** 0 outside of recovery. */
  readonly minRecoveryLsn: Lsn;
  readonly minRecoveryTimeline: number;
  readonly backupStartLsn: Lsn;
  readonly hasWalLogHints: boolean;
  readonly maxConnections: number;
  readonly maxPreparedTransactions: number;
  readonly maxLocksPerTransaction: number;
  readonly blockBytes: number;
  readonly segmentBytes: number;
  readonly hasDataChecksums: boolean;
}

/** Where the checksum over everything before it lies, by version: 14 to 16, 17, 18. */
const CRC_AT: Readonly<Record<number, number>> = { 1300: 288, 1700: 288, 1800: 292 };
const MIN_BYTES = 296;

/** @throws BACKUP_INVALID when the bytes are damaged or of an unknown version */
export function parseControl(bytes: Buffer): ControlData {
  if (bytes.length < MIN_BYTES) throw invalid("it is too short");
  const controlVersion = bytes.readUInt32LE(8);
  const crcAt = CRC_AT[controlVersion];
  if (crcAt === undefined) throw invalid(`its version ${controlVersion} is not known`);
  if (crc32c(bytes.subarray(0, crcAt)) !== bytes.readUInt32LE(crcAt)) throw invalid("its checksum does not fit");
  const state = controlStates[bytes.readUInt32LE(16) as keyof typeof controlStates] as ControlState | undefined;
  if (state === undefined) throw invalid("its state is not known");
  return {
    systemId: bytes.readBigUInt64LE(0),
    controlVersion,
    catalogVersion: bytes.readUInt32LE(12),
    state,
    // pg_time_t: seconds since 1970, not the microseconds of other places.
    modifiedMs: controlTime(bytes.readBigInt64LE(24)),
    checkpointLsn: bytes.readBigUInt64LE(32),
    redoLsn: bytes.readBigUInt64LE(40),
    timeline: bytes.readUInt32LE(48),
    previousTimeline: bytes.readUInt32LE(52),
    minRecoveryLsn: bytes.readBigUInt64LE(136),
    minRecoveryTimeline: bytes.readUInt32LE(144),
    backupStartLsn: bytes.readBigUInt64LE(152),
    hasWalLogHints: bytes[176] === 1,
    maxConnections: bytes.readInt32LE(180),
    maxPreparedTransactions: bytes.readInt32LE(192),
    maxLocksPerTransaction: bytes.readInt32LE(196),
    blockBytes: bytes.readUInt32LE(216),
    segmentBytes: bytes.readUInt32LE(228),
    hasDataChecksums: bytes.readUInt32LE(252) !== 0,
  };
}

function controlTime(value: bigint): number {
  return value > 1_000_000_000_000n ? fromServerTime(value) : Number(value) * 1000;
}

function invalid(what: string): SkytoolsError {
  return new SkytoolsError("BACKUP_INVALID", `pg_control cannot be used: ${what}`);
}
