// What a proxy says of its client before the first byte of it: the PROXY protocol, version 2 in binary
// (haproxy.org/download/3.0/doc/proxy-protocol.txt §2.2). Pure. Version 1, which is text, is not read.
//
//   0            12       13      14      16                           16 + length
//   | signature | ver, cmd | family | length | addresses and ports | TLVs … |
//
import { formatAddress } from '../peer-address.js';

export type Preamble =
  /** So far it may become one. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | {
      readonly kind: 'complete';
      /** Bytes that it takes; what follows is the client's. */
      readonly length: number;
      /** Of the client; null when the proxy speaks for itself, such as to look whether we are well. */
      readonly address: string | null;
    };

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const HEADER_BYTES = 16;
/** Addresses and TLVs. Those of load balancers take some tens of bytes; a certificate in one may take more. */
const MOST_BYTES = 4096;
const LOCAL = 0x20;
const PROXY = 0x21;
/** Bytes of one address, by family and transport; two addresses and two ports of 2 bytes stand there. */
const TCP_ADDRESS_BYTES: Readonly<Record<number, number>> = { 17: 4, 33: 16 };
const TLV_HEADER_BYTES = 3;

const INCOMPLETE: Preamble = { kind: 'incomplete' };

/** @param bytes all that has come of the connection */
export function readPreamble(bytes: Buffer): Preamble {
  const begun = Math.min(bytes.length, SIGNATURE.length);
  if (SIGNATURE.compare(bytes, 0, begun, 0, begun) !== 0)
    return invalid('it does not begin with the signature');
  if (bytes.length < HEADER_BYTES) return INCOMPLETE;
  const command = bytes[12]!;
  if (command !== LOCAL && command !== PROXY) return invalid('it is neither LOCAL nor PROXY of version 2');
  const size = bytes.readUInt16BE(14);
  if (size > MOST_BYTES) return invalid(`it is longer than ${MOST_BYTES} bytes`);
  const addressBytes = command === PROXY ? TCP_ADDRESS_BYTES[bytes[13]!] : 0;
  if (addressBytes === undefined) return invalid('the client comes neither by TCP over IPv4 nor over IPv6');
  if (bytes.length < HEADER_BYTES + size) return INCOMPLETE;
  const length = HEADER_BYTES + size;
  // What else LOCAL carries is to be passed over, whatever it is.
  if (command === LOCAL) return { kind: 'complete', length, address: null };
  const addressesEnd = HEADER_BYTES + 2 * addressBytes + 4;
  if (addressesEnd > length) return invalid('it ends within the addresses');
  if (!areTlvs(bytes.subarray(addressesEnd, length))) return invalid('it ends within a TLV');
  return {
    kind: 'complete',
    length,
    address: formatAddress(bytes.subarray(HEADER_BYTES, HEADER_BYTES + addressBytes)),
  };
}

/** Nothing of them is read, but they must fill the rest. */
function areTlvs(bytes: Buffer): boolean {
  let at = 0;
  while (at + TLV_HEADER_BYTES <= bytes.length) at += TLV_HEADER_BYTES + bytes.readUInt16BE(at + 1);
  return at === bytes.length;
}

function invalid(problem: string): Preamble {
  return { kind: 'invalid', problem };
}
