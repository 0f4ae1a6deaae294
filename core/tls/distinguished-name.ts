// Distinguished names as text (RFC 4514), for what the platform does not put into words: it does for certificates only.
import { DER, type DerValue, derParts, readOid } from './der.js';

/** RFC 4514 §3, and what certificates have besides, as the platform calls it. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const LATIN_1_TAGS: readonly number[] = [DER.printableString, DER.ia5String, DER.teletexString];

/** @param content what stands inside of a `Name`; @returns the most specific part first. @throws RangeError */
export function readName(content: Buffer): string {
  const parts = Array.from(derParts(content), (set) =>
    Array.from(derParts(set.content), attribute).join(' + '),
  );
  return parts.reverse().join(',');
}

function attribute({ content }: DerValue): string {
  const [type, value] = [...derParts(content)];
  if (type === undefined || value === undefined) throw new RangeError('an attribute without a value');
  const oid = readOid(type.content);
  return `${SHORT_NAMES[oid] ?? oid}=${escaped(textOf(value))}`;
}

function textOf({ tag, content, whole }: DerValue): string {
  if (tag === DER.utf8String) return content.toString('utf8');
  if (tag === DER.bmpString) return Buffer.from(content).swap16().toString('utf16le');
  return LATIN_1_TAGS.includes(tag) ? content.toString('latin1') : `#${whole.toString('hex').toUpperCase()}`;
}

function escaped(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[# ]|(?<=.) $/g, '\\$&')
    .replace(
      /[\u0000-\u001f\u007f]/g,
      (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
    );
}
