// Looks for a secret in whatever a program wrote, in every form in which a mistake could have put it there.

const MOST_EDGE = 2;

/** Forms of a value, by name. All are searched for as they are, but those of `anyCase`. */
export function formsOf(value: string): {
  readonly exact: Map<string, Buffer>;
  readonly anyCase: Map<string, Buffer>;
} {
  const bytes = Buffer.from(value);
  const exact = new Map<string, Buffer>([
    ['raw', bytes],
    ['UTF-8 read as Latin-1', Buffer.from(bytes.toString('latin1'))],
    ['JSON', Buffer.from(JSON.stringify(value).slice(1, -1))],
    ['JSON in JSON', Buffer.from(JSON.stringify(JSON.stringify(value)).slice(3, -3))],
    ['UTF-16LE', Buffer.from(value, 'utf16le')],
    ['UTF-16BE', Buffer.from(value, 'utf16le').swap16()],
  ]);
  for (let shift = 0; shift <= MOST_EDGE; shift++) {
    const text = base64Inside(bytes, shift);
    exact.set(`base64, ${shift} bytes behind a boundary`, Buffer.from(text));
    exact.set(
      `base64url, ${shift} bytes behind`,
      Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_')),
    );
  }
  const escaped = JSON.stringify(value)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const anyCase = new Map<string, Buffer>([
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['percent', Buffer.from(encodeURIComponent(value))],
    [
      'percent, every byte',
      Buffer.from([...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
    ],
    ['form', Buffer.from(new URLSearchParams([['', value]]).toString().slice(1))],
    ['JSON in ASCII', Buffer.from(escaped)],
  ]);
  return { exact, anyCase };
}

/** The form in which a value stands in `bytes`, or null. */
export function findSecret(bytes: Uint8Array, value: string): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { exact, anyCase } = formsOf(value);
  for (const [form, sought] of exact) if (text.includes(sought)) return form;
  const lower = text.toString('latin1').toLowerCase();
  for (const [form, sought] of anyCase)
    if (lower.includes(sought.toString('latin1').toLowerCase())) return form;
  return null;
}

/** What of the base64 of a longer text, in which the value begins `shift` bytes behind a group, is of the value alone. */
function base64Inside(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const whole = Math.floor(((shift + bytes.byteLength) * 8) / 6);
  return text.slice(Math.ceil((shift * 8) / 6), whole);
}
