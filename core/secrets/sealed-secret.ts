// A secret as it stands in the store: AES-256-GCM under a key of the ring. Whoever may write there can put an older entry
// of the same name back, and nothing else: name, key, format and time are authenticated.
//
//   0      3        4           10         18      19       |          |            |         |
//   | SLS  | format | changed at | key check | k     | key (k) | n | name (n) | box length | nonce 12 | box | tag 16 |
//   |<---------------------- header: authenticated, not sealed --------------------------->|
//
// Integers are big-endian: changed at 6 bytes (milliseconds since 1970), box length 4, k, n and format 1. In the box: length
// of the value (4), the value, zeros up to a multiple of 64. Padded, because an entry as long as its value would tell who
// reads the store, or a backup of it, that a password has six characters; all values up to 60 bytes look the same.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { isKeyName, type KeyRing, type SecretKey } from './key-ring.js';
import { isSecretName, shownName } from './reference.js';

const MAGIC = Buffer.from('SLS');
const FORMAT = 1;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const BLOCK_BYTES = 64;
/** Offset of `k`, and what precedes it in every entry. */
const KEY_AT = 18;
const CHECK_AT = 10;

/** What an entry says without a key. */
export interface SealedHeader {
  readonly name: string;
  readonly key: string;
  /** When the value was set, in milliseconds since 1970; sealing it anew does not change it. */
  readonly changedAtMs: number;
}

interface SealedEntry extends SealedHeader {
  readonly check: Buffer;
  readonly header: Buffer;
  readonly nonce: Buffer;
  readonly box: Buffer;
  readonly tag: Buffer;
}

/** A secret in clear. Its time is milliseconds since 1970. */
export interface Secret {
  readonly name: string;
  readonly value: Uint8Array;
  readonly changedAtMs: number;
}

/** Seals with a nonce of its own: two seals of one secret have nothing in common. */
export function sealSecret({ name, value, changedAtMs }: Secret, key: SecretKey): Buffer {
  const plain = pad(value);
  const header = headerOf(name, key, changedAtMs, plain.byteLength);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.material, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  const box = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  return Buffer.concat([header, nonce, box, cipher.getAuthTag()]);
}

/**
 * The value of an entry that stands in the store as `name`.
 * @throws GatewayError SLUICE_SECRET_SEALED for an entry that is no sealed one, or not as it was sealed, and
 * SLUICE_SECRET_KEYS for one whose key is not in the ring. Its message ends the sentence "expected …".
 */
export function openSecret(name: string, bytes: Buffer, ring: KeyRing): Secret {
  const entry = parseEntry(name, bytes);
  if (entry.name !== name) throw damaged(name, `sealed under this name: it was sealed as ${entry.name}`);
  const key = keyOf(name, entry, ring);
  const decipher = createDecipheriv(CIPHER, key.material, entry.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(entry.header);
  decipher.setAuthTag(entry.tag);
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(entry.box), decipher.final()]);
  } catch {
    throw damaged(name, 'as it was sealed: it was changed since');
  }
  return { name, value: unpad(name, plain), changedAtMs: entry.changedAtMs };
}

/**
 * What an entry says of itself, which nobody vouches for until it is opened.
 * @throws GatewayError SLUICE_SECRET_SEALED, likewise
 */
export function readSealedHeader(name: string, bytes: Buffer): SealedHeader {
  const { name: sealedAs, key, changedAtMs } = parseEntry(name, bytes);
  return { name: sealedAs, key, changedAtMs };
}

function headerOf(name: string, key: SecretKey, changedAtMs: number, boxLength: number): Buffer {
  const changed = Buffer.alloc(CHECK_AT - MAGIC.byteLength - 1);
  changed.writeUIntBE(changedAtMs, 0, changed.byteLength);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(boxLength);
  return Buffer.concat([
    MAGIC,
    Buffer.of(FORMAT),
    changed,
    key.check,
    Buffer.of(key.name.length),
    Buffer.from(key.name, 'latin1'),
    Buffer.of(name.length),
    Buffer.from(name, 'latin1'),
    length,
  ]);
}

function parseEntry(name: string, bytes: Buffer): SealedEntry {
  if (!bytes.subarray(0, MAGIC.byteLength).equals(MAGIC))
    throw damaged(name, `that is sealed: found ${bytes.byteLength} bytes that begin otherwise`);
  const format = bytes[MAGIC.byteLength];
  if (format !== undefined && format !== FORMAT)
    throw damaged(name, `of the format ${FORMAT}, which this version reads: it has the format ${format}`);
  const key = textAt(bytes, KEY_AT);
  const nameAt = KEY_AT + 1 + key.length;
  const sealedAs = textAt(bytes, nameAt);
  const lengthAt = nameAt + 1 + sealedAs.length;
  const nonceAt = lengthAt + LENGTH_BYTES;
  if (bytes.byteLength < nonceAt)
    throw damaged(name, `that is whole: it ends after ${bytes.byteLength} bytes`);
  const boxAt = nonceAt + NONCE_BYTES;
  const tagAt = boxAt + bytes.readUInt32BE(lengthAt);
  const end = tagAt + TAG_BYTES;
  if (bytes.byteLength !== end)
    throw damaged(name, `that is whole: it has ${bytes.byteLength} bytes where its header says ${end}`);
  if (!isKeyName(key) || !isSecretName(sealedAs))
    throw damaged(name, 'as it was sealed: its header was changed');
  return {
    name: sealedAs,
    key,
    changedAtMs: bytes.readUIntBE(MAGIC.byteLength + 1, CHECK_AT - MAGIC.byteLength - 1),
    check: bytes.subarray(CHECK_AT, KEY_AT),
    header: bytes.subarray(0, nonceAt),
    nonce: bytes.subarray(nonceAt, boxAt),
    box: bytes.subarray(boxAt, tagAt),
    tag: bytes.subarray(tagAt, end),
  };
}

/** A text behind its length; cut where the bytes end. */
function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + 1, at + 1 + (bytes[at] ?? 0));
}

function keyOf(name: string, { key: keyName, check }: SealedEntry, ring: KeyRing): SecretKey {
  const key = ring.find(keyName);
  if (key === undefined) {
    const names = ring.names.join(', ');
    throw lacking(name, `sealed with a key of the ring, which has ${names}: it was sealed with ${keyName}`);
  }
  if (!key.check.equals(check))
    throw lacking(
      name,
      `sealed with the key ${keyName} of the ring: it was sealed with another key of that name`,
    );
  return key;
}

function pad(value: Uint8Array): Buffer {
  const blocks = Math.ceil((LENGTH_BYTES + value.byteLength) / BLOCK_BYTES);
  const plain = Buffer.alloc(blocks * BLOCK_BYTES);
  plain.writeUInt32BE(value.byteLength);
  plain.set(value, LENGTH_BYTES);
  return plain;
}

function unpad(name: string, plain: Buffer): Buffer {
  const length = plain.byteLength < LENGTH_BYTES ? Number.POSITIVE_INFINITY : plain.readUInt32BE();
  if (length > plain.byteLength - LENGTH_BYTES)
    throw damaged(name, 'with a value of the length that it says: whoever sealed it did it wrongly');
  return plain.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}

function damaged(name: string, what: string): GatewayError {
  return new GatewayError('SLUICE_SECRET_SEALED', `an entry ${shownName(name)} ${what}`);
}

function lacking(name: string, what: string): GatewayError {
  return new GatewayError('SLUICE_SECRET_KEYS', `an entry ${shownName(name)} ${what}`);
}
