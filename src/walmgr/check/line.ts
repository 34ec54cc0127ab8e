// What a check says of one subject.
export type CheckStatus = "ok" | "warning" | "critical" | "unknown";

export interface CheckLine {
  readonly subject: string;
  readonly status: CheckStatus;
  readonly message: string;
}
