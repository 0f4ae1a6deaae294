// Who a request is from, when it came through proxies in front of the gateway. Engines ask this about each request of a
// listener that trusts proxies; it knows no engine.
import { isIP } from 'node:net';
import { GatewayError } from '../errors.js';
import { NetworkSet } from '../network-set.js';
import { addressBits } from '../special-range.js';
import { formatAddress } from './peer-address.js';

/** Where a request comes from. */
export interface Origin {
  /** Address of the client. */
  readonly clientAddress: string;
  /** How the client spoke to the outermost trusted proxy; null when nobody said so. */
  readonly scheme: 'http' | 'https' | null;
  /** Addresses from the client to the proxy before the peer, as `x-forwarded-for` lists them; empty without any. */
  readonly forwardedFor: string;
  /** SLUICE_LISTEN_FORWARDED when what the proxy says cannot be understood; the client is then the peer. */
  readonly refusal: GatewayError | null;
}

/** One address on the way of a request. */
interface Hop {
  /** In canonical form. */
  readonly address: string;
  readonly isTrusted: boolean;
}

/** Addresses of which the answer is kept: an IPv6 address takes 4 µs to judge. Clients can make it no more. */
const MOST_KNOWN = 4096;

/** An address alone, or with the port that some proxies add: `192.0.2.1:80`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
const WITH_PORT = /^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?$/;

/**
 * Proxies whose `x-forwarded-for` and `x-forwarded-proto` are believed.
 *
 * Each proxy appends the address of its own peer, so the list is believed from its right end for as long as trusted
 * proxies have written it, and the first address that is none of theirs is the client. What stands left of it is the
 * client's own word and is dropped. An entry that trusted proxies have written and that is no address refuses the request:
 * to take the proxy for the client instead would lend the client the rights of the proxy.
 *
 * `forwarded` (RFC 7239) is not read. A proxy writes one of the two and passes the other on as the client sent it, so
 * whoever reads both lets the client choose. `x-forwarded-host` is not read either: routes are chosen by the host.
 */
export class TrustedProxies {
  #networks: NetworkSet;
  #isEmpty: boolean;
  /** By how they are written. */
  readonly #known = new Map<string, Hop>();

  /** @param networks addresses, and networks in CIDR notation. @throws RangeError when one of them is neither */
  constructor(networks: readonly string[] = []) {
    this.#networks = new NetworkSet(networks);
    this.#isEmpty = networks.length === 0;
  }

  /** True when nobody is trusted: whoever sees that need not ask about requests. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Trusts these from now on and no others. Throws as the constructor does; then everything is as before. */
  replace(networks: readonly string[]): void {
    this.#networks = new NetworkSet(networks);
    this.#isEmpty = networks.length === 0;
    this.#known.clear();
  }

  /** @param address empty when the peer is gone already, which nobody trusts */
  has(address: string): boolean {
    return this.#hopOf(address)?.isTrusted === true;
  }

  /**
   * @param peerAddress of the peer on the connection, in canonical form
   * @param flat fields `[name, value, …]`, names in lower case
   */
  originOf(peerAddress: string, flat: readonly string[]): Origin {
    const origin = { clientAddress: peerAddress, scheme: null, forwardedFor: '', refusal: null };
    if (!this.has(peerAddress)) return origin;
    let list: string | null = null;
    let proto: string | null = null;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i]!;
      if (name === 'x-forwarded-for') list = list === null ? flat[i + 1]! : `${list},${flat[i + 1]}`;
      else if (name === 'x-forwarded-proto')
        proto = proto === null ? flat[i + 1]! : `${proto},${flat[i + 1]}`;
    }
    const scheme = proto === null ? null : schemeOf(proto);
    if (scheme === undefined)
      return { ...origin, refusal: refuse('x-forwarded-proto is neither http nor https') };
    if (list === null) return { ...origin, scheme };
    const chain = this.#chainOf(list);
    if (chain === null)
      return { ...origin, refusal: refuse('x-forwarded-for has an entry that is no address') };
    return { clientAddress: chain[0]!, scheme, forwardedFor: chain.join(', '), refusal: null };
  }

  /** The entries from the client on, in canonical form; null when one of them is no address. */
  #chainOf(list: string): string[] | null {
    const chain: string[] = [];
    let end = list.length;
    do {
      const comma = list.lastIndexOf(',', end - 1);
      const hop = end === 0 ? null : this.#hopOf(list.slice(comma + 1, end).trim());
      if (hop === null) return null;
      chain.unshift(hop.address);
      if (!hop.isTrusted) break;
      end = comma;
    } while (end >= 0);
    return chain;
  }

  /** Null for what is no address. */
  #hopOf(text: string): Hop | null {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const address = canonicalAddress(text);
    if (address === null) return null;
    const hop = { address, isTrusted: this.#networks.has(address) };
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(text, hop);
    return hop;
  }
}

/** One scheme and no list, of which nobody knows which one the client used; undefined for anything else. */
function schemeOf(text: string): 'http' | 'https' | undefined {
  const scheme = text.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function refuse(problem: string): GatewayError {
  return new GatewayError('SLUICE_LISTEN_FORWARDED', problem);
}

function canonicalAddress(text: string): string | null {
  const [, ipv4, ipv6] = WITH_PORT.exec(text) ?? [];
  const address = ipv4 ?? ipv6 ?? text;
  const version = isIP(address);
  if (version === 0 || address.includes('%') || (ipv6 !== undefined && version !== 6)) return null;
  if (version === 4) return address;
  const bits = addressBits(address)!;
  return formatAddress(Buffer.from(bits.toString(16).padStart(32, '0'), 'hex'));
}
