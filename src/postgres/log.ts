// What this folder needs of a logger; service's Logger fits.

export interface Log {
  warn(fields: object, text: string): void;
  debug(fields: object, text: string): void;
}

export const noLog: Log = { warn: () => undefined, debug: () => undefined };
