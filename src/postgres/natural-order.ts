// The order of version numbers: 1.9 before 1.10, 1.0~rc1 before 1.0. Source: spec of the framework, chapter 8.

/** For Array.sort. Digits are compared as numbers, with a leading zero as decimal places; "~" comes before the end. */
export function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D/gu) ?? [];
  const right = b.match(/\d+|\D/gu) ?? [];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = comparePieces(left[i], right[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePieces(a: string | undefined, b: string | undefined): number {
  if (a !== undefined && b !== undefined && isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  return weight(a) - weight(b);
}

function compareNumbers(a: string, b: string): number {
  const isFraction = a.startsWith("0") || b.startsWith("0");
  if (!isFraction && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumber(piece: string): boolean {
  return /^\d/.test(piece);
}

function weight(piece: string | undefined): number {
  if (piece === undefined) return 0;
  return piece === "~" ? -1 : (piece.codePointAt(0) ?? 0);
}
