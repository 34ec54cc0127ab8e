import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameParser } from "../../../src/postgres/index.ts";

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

const anyMessage = fc.record({
  type: fc.constantFrom("d", "T", "D", "C", "Z"),
  body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
});

test("messages come out as they went in, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 12 }), fc.array(fc.nat(20), { minLength: 1 }), (messages, cuts) => {
      expect(parse(cut(Buffer.concat(messages.map(encode)), cuts))).toEqual(messages);
    }),
  );
});

test("a length that cannot be is refused", () => {
  expect(() => parse([Buffer.from([0x43, 0, 0, 0, 3])])).toThrow(
    expect.objectContaining({ code: "REPLICATION_FAILED" }),
  );
  expect(() => parse([Buffer.from([0x43, 0x7f, 0, 0, 0])])).toThrow(
    expect.objectContaining({ code: "REPLICATION_FAILED" }),
  );
});

function encode({ type, body }: Message): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const end = at + 1 + (lengths[i % lengths.length] ?? 0);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

function parse(pieces: readonly Buffer[]): Message[] {
  const messages: Message[] = [];
  let slices: Buffer[] = [];
  const parser = new FrameParser({
    copyData(data, isFirst, isLast) {
      expect(isFirst).toBe(slices.length === 0);
      slices.push(Buffer.from(data));
      if (!isLast) return;
      messages.push({ type: "d", body: Buffer.concat(slices) });
      slices = [];
    },
    message: (type, body) => void messages.push({ type: String.fromCharCode(type), body }),
  });
  for (const piece of pieces) parser.push(piece);
  return messages;
}
