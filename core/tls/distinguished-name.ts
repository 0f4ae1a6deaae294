// Distinguished names as text (RFC 4514), for what the platform does not put into words: it does for certificates only.
import { type AsnType, BaseStringBlock, Constructed, ObjectIdentifier } from 'asn1js';
import { escapeValue } from './canonical-name.js';

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

/** @returns the most specific part first. @throws RangeError for what is no `Name` */
export function readName(name: AsnType): string {
  const parts = partsOf(name).map((set) => partsOf(set).map(attribute).join(' + '));
  return parts.reverse().join(',');
}

/** What a sequence, a set or a tagged value has inside. @throws RangeError for another value */
export function partsOf(value: AsnType | undefined): AsnType[] {
  if (!(value instanceof Constructed)) throw new RangeError('a value without parts');
  return value.valueBlock.value as AsnType[];
}

function attribute(pair: AsnType): string {
  const [type, value] = partsOf(pair);
  if (!(type instanceof ObjectIdentifier) || value === undefined) throw new RangeError('no attribute');
  const oid = type.getValue();
  return `${SHORT_NAMES[oid] ?? oid}=${textOf(value)}`;
}

function textOf(value: AsnType): string {
  if (value instanceof BaseStringBlock) return escapeValue(value.getValue());
  return `#${Buffer.from(value.valueBeforeDecodeView).toString('hex').toUpperCase()}`;
}
