// Replacing in texts of any length: an engine that is to note some ten million places of one text ends the process.

const PIECE = 4 * 1024 * 1024;

/** @param cut - a place not behind the given one where the text can be cut, at most some characters before it */
export function inPieces(
  text: string,
  change: (piece: string) => string,
  cut: (text: string, at: number) => number = (_, at) => at,
): string {
  if (text.length <= PIECE) return change(text);
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = from + PIECE < text.length ? cut(text, from + PIECE) : text.length;
    pieces.push(change(text.slice(from, to)));
    from = to;
  }
  return pieces.join("");
}
