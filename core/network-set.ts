// Sets of networks, for judging addresses that a client names. Floor 0, because JSON Schema judges URLs by them.
import { isIPv4, isIPv6 } from 'node:net';
import { addressBits } from './special-range.js';

/** First and last address as 128 bits: an IPv4 address is its IPv4-mapped one. */
interface Network {
  readonly first: bigint;
  readonly last: bigint;
}

export class NetworkSet {
  readonly #networks: Network[];

  /** @throws RangeError when a text is no network; see `add` */
  constructor(texts: readonly string[] = []) {
    this.#networks = texts.map(parseNetwork);
  }

  /**
   * Adds a network such as `10.0.0.0/8`, or one address.
   * @throws RangeError with what was expected, when it is neither or has bits set behind its prefix
   */
  add(text: string): void {
    this.#networks.push(parseNetwork(text));
  }

  /** @param address IPv4, or IPv6 without brackets; an IPv4-mapped one is the IPv4 address */
  has(address: string): boolean {
    const bits = addressBits(address)!;
    return this.#networks.some(({ first, last }) => first <= bits && bits <= last);
  }

  /** True when all of a network lies in one of these. @throws RangeError like `add` */
  hasNetwork(text: string): boolean {
    const network = parseNetwork(text);
    return this.#networks.some(({ first, last }) => first <= network.first && network.last <= last);
  }
}

function parseNetwork(text: string): Network {
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  if ((most === 128 && !isIPv6(address)) || address.includes('%'))
    throw new RangeError('expected an IPv4 or IPv6 address, and after a slash the bits of its prefix');
  const isLength = bits === undefined || /^(?:0|[1-9]\d{0,2})$/.test(bits);
  const length = bits === undefined ? most : Number(bits);
  if (!isLength || length > most || rest.length > 0)
    throw new RangeError(`expected 0 to ${most} bits after the slash`);
  const first = addressBits(address)!;
  const size = 1n << BigInt(most - length);
  if (first % size !== 0n) throw new RangeError('expected no bits set behind the prefix');
  return { first, last: first + size - 1n };
}
