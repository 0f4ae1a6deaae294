// Preambles of the PROXY protocol, version 2, written by hand.
import { isIPv4 } from 'node:net';

export interface PreambleOptions {
  /** Default 0x21: version 2, PROXY. */
  readonly command?: number;
  /** Default: TCP over IPv4 or IPv6, as the address is. */
  readonly family?: number;
  /** What stands there as length. Default: what follows. */
  readonly length?: number;
  /** Behind the addresses. */
  readonly tlvs?: Buffer;
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** @param source of the client: IPv4, or IPv6 in full */
export function preamble(source: string, options: PreambleOptions = {}): Buffer {
  const isV4 = isIPv4(source);
  const bytes = isV4
    ? Buffer.from(source.split('.').map(Number))
    : Buffer.from(
        source
          .split(':')
          .map((group) => group.padStart(4, '0'))
          .join(''),
        'hex',
      );
  const ports = Buffer.from([0x12, 0x34, 0x01, 0xbb]);
  const { tlvs = Buffer.alloc(0) } = options;
  const payload = Buffer.concat([bytes, Buffer.alloc(bytes.length, 1), ports, tlvs]);
  const head = Buffer.alloc(16);
  head.write(SIGNATURE, 'latin1');
  head[12] = options.command ?? 0x21;
  head[13] = options.family ?? (isV4 ? 0x11 : 0x21);
  head.writeUInt16BE(options.length ?? payload.length, 14);
  return Buffer.concat([head, payload]);
}

export function tlv(type: number, value: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0]);
  head.writeUInt16BE(value.length, 1);
  return Buffer.concat([head, value]);
}
