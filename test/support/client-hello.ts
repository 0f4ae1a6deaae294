// First messages of TLS clients that no library of today would send (RFC 5246 §7.4.1.2), and what a server answers them.
import { randomBytes } from 'node:crypto';
import { RawClient } from './raw-client.js';

export const VERSION = { 'TLS 1.0': 0x0301, 'TLS 1.1': 0x0302, 'TLS 1.2': 0x0303 } as const;

/** Alerts (RFC 8446 §6). */
export const ALERT = { handshakeFailure: 40, protocolVersion: 70 } as const;

const ALERT_RECORD = 21;

/**
 * Sends a ClientHello without extensions but those of elliptic curves.
 * @param suites numbers of the IANA
 * @returns the alert that came back; null when the server went on or closed without one
 */
export async function answerToHello(
  port: number,
  version: number,
  suites: readonly number[],
): Promise<number | null> {
  const client = await RawClient.open(port);
  try {
    client.send(clientHello(version, suites));
    await client.until(() => client.received.length >= 7 || client.ended);
    const answer = Buffer.from(client.received, 'latin1');
    return answer[0] === ALERT_RECORD ? answer[6]! : null;
  } finally {
    client.destroy();
  }
}

/** @param more extensions besides */
export function clientHello(
  version: number,
  suites: readonly number[],
  more: readonly Buffer[] = [],
): Buffer {
  const extensions = Buffer.concat([
    // supported_groups: P-256; ec_point_formats: uncompressed; signature_algorithms: ECDSA and RSA with SHA-256.
    bytes16(10, bytes16(bytes(0, 23))),
    bytes16(11, bytes(1, 0)),
    bytes16(13, bytes16(bytes(4, 3, 4, 1))),
    ...more,
  ]);
  const hello = Buffer.concat([
    bytes(version >> 8, version & 0xff),
    randomBytes(32),
    bytes(0),
    bytes16(Buffer.from(suites.flatMap((suite) => [suite >> 8, suite & 0xff]))),
    bytes(1, 0),
    bytes16(extensions),
  ]);
  const handshake = Buffer.concat([bytes(1, 0), bytes16(hello)]);
  return Buffer.concat([bytes(22, 3, 1), bytes16(handshake)]);
}

/** The extension that asks for a server by its name (RFC 6066 §3). */
export function serverNames(...names: readonly (string | Buffer)[]): Buffer {
  const list = names.map((name) => Buffer.concat([bytes(0), bytes16(Buffer.from(name))]));
  return bytes16(0, bytes16(Buffer.concat(list)));
}

function bytes(...values: number[]): Buffer {
  return Buffer.from(values);
}

/** With its length in two bytes before it, and a number of two bytes before that if there is one. */
function bytes16(type: number, content: Buffer): Buffer;
function bytes16(content: Buffer): Buffer;
function bytes16(first: number | Buffer, second?: Buffer): Buffer {
  if (typeof first === 'number') return Buffer.concat([bytes(first >> 8, first & 0xff), bytes16(second!)]);
  return Buffer.concat([bytes(first.length >> 8, first.length & 0xff), first]);
}
