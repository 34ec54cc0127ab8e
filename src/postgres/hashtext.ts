// The server's hashtext(): Jenkins' lookup3 over the UTF-8 bytes, in a database with encoding UTF-8.
// Source: spec of the framework, chapter 9.3; Bob Jenkins, lookup3.c (public domain).

const START = 0x9e3779b9 + 3923095;

/** Signed 32 bit, as the server gives it. */
export function hashtext(text: string): number {
  const bytes = Buffer.from(text);
  const start = (START + bytes.length) | 0;
  const state: State = [start, start, start];
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    for (const word of [0, 1, 2] as const) state[word] = (state[word] + bytes.readInt32LE(at + word * 4)) | 0;
    mix(state);
  }
  for (let i = 0; at + i < bytes.length; i += 1) {
    // The lowest byte of the third word is kept free; it once held the length.
    const shift = i < 8 ? (i % 4) * 8 : (i - 8 + 1) * 8;
    const word = i < 4 ? 0 : i < 8 ? 1 : 2;
    state[word] = (state[word] + ((bytes[at + i] ?? 0) << shift)) | 0;
  }
  finish(state);
  return state[2];
}

type State = [a: number, b: number, c: number];

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(state: State): void {
  let [a, b, c] = state;
  a = ((a - c) ^ rotate(c, 4)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rotate(a, 6)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rotate(b, 8)) | 0;
  b = (b + a) | 0;
  a = ((a - c) ^ rotate(c, 16)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rotate(a, 19)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rotate(b, 4)) | 0;
  b = (b + a) | 0;
  [state[0], state[1], state[2]] = [a, b, c];
}

function finish(state: State): void {
  let [a, b, c] = state;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  [state[0], state[1], state[2]] = [a, b, c];
}
