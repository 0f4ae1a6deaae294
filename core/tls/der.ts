// Values in the distinguished encoding of ASN.1 (X.690 §8, §10), read without copying.

/** Tags. */
export const DER = {
  bitString: 0x03,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  integer: 0x02,
  boolean: 0x01,
  sequence: 0x30,
  /** `[0]`, with a value inside. */
  context0: 0xa0,
} as const;

export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** With its tag and length. */
  readonly whole: Buffer;
}

/**
 * The value at the start; bytes after it are left alone.
 * @throws RangeError when it is cut off, or longer than 2^32 bytes
 */
export function readDer(bytes: Buffer): DerValue {
  const first = bytes.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || first === 0x80) throw new RangeError('a length that DER does not have');
  const start = 2 + lengthBytes;
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes));
  if (end > bytes.length) throw new RangeError('a value that is cut off');
  return { tag: bytes[0]!, content: bytes.subarray(start, end), whole: bytes.subarray(0, end) };
}

/** The values inside of a sequence or set, one after another. @throws RangeError */
export function* derParts(content: Buffer): Generator<DerValue> {
  for (let rest = content; rest.length > 0; ) {
    const part = readDer(rest);
    yield part;
    rest = rest.subarray(part.whole.length);
  }
}

/** An object identifier as text (`2.5.4.3`). */
export function readOid(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...tail] = arcs;
  const top = Math.min(2, Math.floor(head / 40));
  return [top, head - top * 40, ...tail].join('.');
}

/** A time in milliseconds since 1970: `UTCTime` or `GeneralizedTime` as RFC 5280 §4.1.2.5 has them. NaN for another form. */
export function readTime({ tag, content }: DerValue): number {
  const text = content.toString('latin1');
  const digits = tag === DER.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
