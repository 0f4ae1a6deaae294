// The keys that secrets in the store are sealed with: named, several at once for rotation, the first one seals. No message
// of this file holds a part of a key, nor of a line that may be one.
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { GatewayError } from '../errors.js';
import { readSmallFile } from '../small-file.js';

const KEY_BYTES = 32;
const MOST_FILE_BYTES = 64 * 1024;
/** Shorter than a key in base64, so that nothing of a name can be a key. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
const OTHERS_ANYTHING = 0o007;
const GROUP_WRITE = 0o020;

export class SecretKey {
  readonly name: string;
  /** For AES-256. Opaque: whoever prints it prints no bytes. */
  readonly material: KeyObject;
  /** 8 bytes that tell keys of one name apart, and nothing about them: a MAC of a constant under the key. */
  readonly check: Buffer;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.material = createSecretKey(bytes);
    this.check = createHmac('sha256', this.material).update('sluice secret key').digest().subarray(0, 8);
  }
}

export class KeyRing {
  /** Keys in their order, at least one, by name. */
  readonly #keys: ReadonlyMap<string, SecretKey>;

  private constructor(keys: ReadonlyMap<string, SecretKey>) {
    this.#keys = keys;
  }

  /**
   * Reads `NAME:BASE64` lines, 32 random bytes each; empty lines and those that begin with `#` say nothing.
   * @param where the text comes from, for errors
   * @throws GatewayError SLUICE_SECRET_KEYS
   */
  static parse(text: string, where: string): KeyRing {
    const keys = new Map<string, SecretKey>();
    const seen = new Map<string, string>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const place = `${where}:${index + 1}`;
      const key = parseLine(trimmed, place);
      if (keys.has(key.name))
        throw unfit(`${place}: found a second key ${key.name}, expected names to differ`);
      const check = key.check.toString('hex');
      const twin = seen.get(check);
      if (twin !== undefined)
        throw unfit(`${place}: found the key ${key.name} to be that of ${twin}, expected keys to differ`);
      seen.set(check, key.name);
      keys.set(key.name, key);
    }
    if (keys.size === 0)
      throw unfit(`${where}: found no key, expected a line NAME:BASE64, as \`sluice secret key new\` prints`);
    return new KeyRing(keys);
  }

  /**
   * Reads a file that only its owner, and at most its group, may read: platforms that mount secrets give them to a group.
   * @throws GatewayError SLUICE_SECRET_KEYS
   */
  static readFile(path: string): KeyRing {
    let bytes: Buffer;
    try {
      bytes = readSmallFile(path, MOST_FILE_BYTES, (state) => judgeMode(state, path));
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw unfit(`${path}: ${(cause as Error).message}, expected a file with keys`);
    }
    return KeyRing.parse(bytes.toString('latin1'), path);
  }

  /** The key that seals. */
  get first(): SecretKey {
    return this.#keys.values().next().value!;
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  find(name: string): SecretKey | undefined {
    return this.#keys.get(name);
  }
}

/** 1 to 32 letters, digits, ".", "_" and "-", the first a letter or digit. */
export function isKeyName(name: string): boolean {
  return NAME.test(name);
}

/** A line for a ring, with a key that nobody has. */
export function newKeyLine(name: string): string {
  return `${name}:${randomBytes(KEY_BYTES).toString('base64')}`;
}

function parseLine(line: string, place: string): SecretKey {
  const colon = line.indexOf(':');
  if (colon === -1) throw unfit(`${place}: found a line without ":", expected NAME:BASE64`);
  const name = line.slice(0, colon);
  if (!isKeyName(name))
    throw unfit(
      `${place}: found another name, expected 1 to 32 letters, digits, ".", "_" and "-" before ":"`,
    );
  const text = line.slice(colon + 1);
  const bytes = Buffer.from(text, 'base64');
  // Decoding forgives what it does not know; what it makes of the bytes is the one form there is.
  if (bytes.toString('base64') !== text)
    throw unfit(`${place}: found something else after ":", expected base64 with its padding`);
  if (bytes.byteLength !== KEY_BYTES)
    throw unfit(`${place}: found a key of ${bytes.byteLength} bytes, expected ${KEY_BYTES}`);
  if (bytes.every((byte) => byte === bytes[0]))
    throw unfit(`${place}: found one byte ${KEY_BYTES} times, expected random bytes`);
  return new SecretKey(name, bytes);
}

function judgeMode({ mode }: Stats, path: string): void {
  if ((mode & (OTHERS_ANYTHING | GROUP_WRITE)) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  throw unfit(
    `${path}: found the mode ${shown}, expected one that lets nobody but its owner and group read it: chmod 400 ${path}`,
  );
}

function unfit(message: string): GatewayError {
  return new GatewayError('SLUICE_SECRET_KEYS', message);
}
