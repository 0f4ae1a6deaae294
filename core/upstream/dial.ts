// One connect to a target: the name is resolved once, every address it has is judged, and the socket gets those and no
// others. Whoever decides what a name means decides anew for the next connection (DNS rebinding), and is judged anew.
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { GatewayError } from '../errors.js';
import {
  addressBits,
  describeRange,
  isLoopbackRange,
  metadataRangeOf,
  type SpecialRange,
  specialRangeOf,
} from '../special-range.js';

/** Finds all addresses of a name; `dns.lookup` is one. */
export type ResolveName = (
  name: string,
  options: LookupAllOptions,
  settled: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * The name that means this machine (RFC 6761 §6.3): an operator who writes it means loopback, and nothing else. Names
 * below it and other spellings are names like any other.
 */
const LOCALHOST = 'localhost';

/**
 * Judges a host that is an address: the operator wrote it and meant it, but for those where machines get credentials.
 * @param host without brackets
 * @throws GatewayError SLUICE_UPSTREAM_ADDRESS
 */
export function checkLiteral(host: string): void {
  const range = metadataRangeOf(host);
  if (range !== null) {
    throw new GatewayError(
      'SLUICE_UPSTREAM_ADDRESS',
      `${host} is in ${describeRange(range)}, which needs allowPrivate`,
    );
  }
}

export class Dial {
  readonly #name: string;
  readonly #allowPrivate: boolean;
  readonly #resolve: ResolveName;
  /** Bits of the addresses that the socket was given. */
  #given: readonly (bigint | null)[] = [];

  /** @param name no address; net asks nobody for those */
  constructor(name: string, allowPrivate: boolean, resolve: ResolveName) {
    this.#name = name;
    this.#allowPrivate = allowPrivate;
    this.#resolve = resolve;
  }

  /** For the option of `net.connect` and `tls.connect`, which call it once. Fails with SLUICE_UPSTREAM_ADDRESS. */
  readonly lookup: LookupFunction = (_name, options, settled) => {
    this.#resolve(this.#name, { ...options, all: true }, (error, addresses) => {
      const failure = error ?? this.#judge(addresses);
      const first = addresses?.[0];
      if (failure !== null || first === undefined) {
        settled(failure ?? new Error(`${this.#name} has no address`), '', 0);
        return;
      }
      this.#given = addresses.map(({ address }) => addressBits(address));
      // Without `all`, when the process was told to try one address only.
      if (options.all === true) settled(null, addresses);
      else settled(null, first.address, first.family);
    });
  };

  /**
   * True when the socket is connected to an address that was judged.
   * @param remoteAddress undefined when the peer is gone again: nobody is left to be spoken to
   */
  reached(remoteAddress: string | undefined): boolean {
    if (this.#allowPrivate || remoteAddress === undefined) return true;
    return this.#given.includes(addressBits(remoteAddress));
  }

  /**
   * One address that is refused refuses the name: whoever put it there chose the others as well, and an answer that
   * leads inside is something the operator must see, not something that works until the order of the answers changes.
   */
  #judge(addresses: readonly LookupAddress[]): GatewayError | null {
    if (this.#allowPrivate) return null;
    for (const { address } of addresses) {
      const range = specialRangeOf(address);
      const meant = this.#name === LOCALHOST ? range !== null && isLoopbackRange(range) : range === null;
      if (!meant) return refused(this.#name, range);
    }
    return null;
  }
}

/** Names the range and not the address: the message goes further than the log of resolvers. */
function refused(name: string, range: SpecialRange | null): GatewayError {
  const where = range === null ? 'that is public' : `in ${describeRange(range)}`;
  return new GatewayError(
    'SLUICE_UPSTREAM_ADDRESS',
    `${name} has an address ${where}, which needs allowPrivate`,
  );
}
