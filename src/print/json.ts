// JSON of results: ids are bigint in the library and numbers here, as long as a double holds them.

export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? bigintValue(part) : part), indent);
}

function bigintValue(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
