/** As much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as a unary gRPC call needs. */

export const frameTypes = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;
export const flags = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const frameHeaderBytes = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** RFC 9113, section 4.1. */
export function frame(type: number, flag: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flag, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Takes the whole frames from the front of what has arrived. @returns what is left. */
export function takeFrames(arrived: Buffer, each: (frame: Frame) => void): Buffer {
  let at = 0;
  while (arrived.length - at >= frameHeaderBytes) {
    const end = at + frameHeaderBytes + arrived.readUIntBE(at, 3);
    if (end > arrived.length) break;
    each({
      type: arrived.readUInt8(at + 3),
      flags: arrived.readUInt8(at + 4),
      payload: arrived.subarray(at + frameHeaderBytes, end),
    });
    at = end;
  }
  return arrived.subarray(at);
}

const mostBytes = 2 ** 31 - 1;
const defaultWindow = 65_535;

/** Preface, no header compression, and windows so large that answers never wait for more. */
export function connectionPreface(): Buffer {
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(1, 0); // SETTINGS_HEADER_TABLE_SIZE = 0
  settings.writeUInt16BE(4, 6); // SETTINGS_INITIAL_WINDOW_SIZE
  settings.writeUInt32BE(mostBytes, 8);
  const more = Buffer.alloc(4);
  more.writeUInt32BE(mostBytes - defaultWindow);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(frameTypes.settings, 0, 0, settings),
    frame(frameTypes.windowUpdate, 0, 0, more),
  ]);
}

/** A HEADERS and a DATA frame of one call; `setStream` says of which. */
export function callFrames(headers: Readonly<Record<string, string>>, message: Uint8Array): Buffer {
  const block = Buffer.concat(Object.entries(headers).map(([name, value]) => literal(name, value)));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame(frameTypes.headers, flags.endHeaders, 0, block),
    frame(frameTypes.data, flags.endStream, 0, Buffer.concat([prefix, message])),
  ]);
}

export function setStream(frames: Buffer, stream: number): Buffer {
  const own = Buffer.from(frames);
  own.writeUInt32BE(stream, 5);
  own.writeUInt32BE(stream, frameHeaderBytes + own.readUIntBE(0, 3) + 5);
  return own;
}

/** "Literal Header Field without Indexing" (RFC 7541, section 6.2.2), not Huffman-coded. */
const literal = (name: string, value: string): Buffer => Buffer.concat([Buffer.of(0), text(name), text(value)]);

function text(content: string): Buffer {
  const bytes = Buffer.from(content, "latin1");
  return Buffer.concat([lengthOf(bytes.length), bytes]);
}

/** RFC 7541, section 5.1, with a prefix of 7 bits. */
function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const octets = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>>= 7) octets.push((rest % 128) + 128);
  return Buffer.from([...octets, rest]);
}
