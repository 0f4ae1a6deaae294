// HTTP/2 by hand (RFC 9113 §4, §6): a client that sends exactly the frames that a test says and shows those that come.
import type { Socket } from 'node:net';
import { RawClient } from './raw-client.js';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export const CODE = {
  none: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  refusedStream: 7,
  cancel: 8,
  enhanceYourCalm: 11,
} as const;

export const SETTING = { initialWindowSize: 4 } as const;

/** What a frame may have unless the other side allows more (RFC 9113 §4.2). */
const MAX_FRAME_BYTES = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** @param values `[identifier, value, …]` */
export function settings(...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(values.length * 3);
  for (let i = 0; i < values.length; i += 2) {
    payload.writeUInt16BE(values[i]!, i * 3);
    payload.writeUInt32BE(values[i + 1]!, i * 3 + 2);
  }
  return frame(TYPE.settings, 0, 0, payload);
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Fields as literals that enter no table (RFC 7541 §6.2.2), without Huffman codes. */
export function fieldBlock(fields: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    parts.push(Buffer.from([0]), literal(fields[i]!), literal(fields[i + 1]!));
  }
  return Buffer.concat(parts);
}

/** A string literal (RFC 7541 §5.2). */
export function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, 0), bytes]);
}

/** An integer with a prefix of `bits` bits below `high` (RFC 7541 §5.1). */
export function integer(value: number, bits: number, high: number): Buffer {
  const most = (1 << bits) - 1;
  if (value < most) return Buffer.from([high | value]);
  const bytes = [high | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Pseudo-fields of a GET, and `more` behind them. */
export function getFields(path: string, more: readonly string[] = []): string[] {
  return [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', path, ...more];
}

/** HEADERS, and CONTINUATION where one frame has not the room. */
export function headers(stream: number, fields: readonly string[], flags: number = FLAG.endStream): Buffer {
  const block = fieldBlock(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
    const type = at === 0 ? TYPE.headers : TYPE.continuation;
    const last = at + MAX_FRAME_BYTES >= block.length;
    const piece = block.subarray(at, at + MAX_FRAME_BYTES);
    frames.push(frame(type, (at === 0 ? flags : 0) | (last ? FLAG.endHeaders : 0), stream, piece));
  }
  return Buffer.concat(frames);
}

/** For a target that answers frame by frame: tells of each that the client sends. */
export function onFrames(socket: Socket, came: (type: number, stream: number) => void): void {
  let bytes = Buffer.alloc(0);
  let at = PREFACE.length;
  socket.on('error', () => {});
  socket.on('data', (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
    for (; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
      if (at + 9 + bytes.readUIntBE(at, 3) > bytes.length) return;
      came(bytes[at + 3]!, bytes.readUInt32BE(at + 5));
    }
  });
}

export class FrameClient {
  readonly raw: RawClient;

  private constructor(raw: RawClient) {
    this.raw = raw;
  }

  /** Sends the preface and settings `[identifier, value, …]`. */
  static async open(port: number, ...values: readonly number[]): Promise<FrameClient> {
    const raw = await RawClient.open(port);
    raw.send(PREFACE);
    raw.send(settings(...values));
    return new FrameClient(raw);
  }

  /** Whole frames that have come. */
  get frames(): Frame[] {
    const bytes = Buffer.from(this.raw.received, 'latin1');
    const frames: Frame[] = [];
    for (let at = 0; at + 9 <= bytes.length; ) {
      const length = bytes.readUIntBE(at, 3);
      if (at + 9 + length > bytes.length) break;
      const [type, flags, stream] = [bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5)];
      frames.push({ type, flags, stream, payload: bytes.subarray(at + 9, at + 9 + length) });
      at += 9 + length;
    }
    return frames;
  }

  send(...frames: readonly Uint8Array[]): void {
    this.raw.send(Buffer.concat(frames));
  }

  /** Code of the last GOAWAY; null when none has come. */
  get goawayCode(): number | null {
    const found = this.frames.findLast(({ type }) => type === TYPE.goaway);
    return found === undefined ? null : found.payload.readUInt32BE(4);
  }

  /** Code of the RST_STREAM of a stream; null when none has come. */
  resetCode(stream: number): number | null {
    const found = this.frames.find((one) => one.type === TYPE.reset && one.stream === stream);
    return found === undefined ? null : found.payload.readUInt32BE(0);
  }

  /** Waits for a frame. */
  async frame(type: number, stream: number): Promise<Frame> {
    const find = (): Frame | undefined =>
      this.frames.find((one) => one.type === type && one.stream === stream);
    await this.raw.until(() => find() !== undefined || this.raw.ended);
    const found = find();
    if (found === undefined) throw new Error(`the connection ended without a frame of type ${type}`);
    return found;
  }

  destroy(): void {
    this.raw.destroy();
  }
}
