// Addresses to listen on and origins to call, in one strict spelling each. Floor 1, imports floor 0.
import { isIPv4 } from 'node:net';
import { isHost } from '../path-pattern.js';

export interface Address {
  /** Lower case; an IPv6 address in its shortest form and without brackets. */
  readonly host: string;
  /** 0 … 65535. */
  readonly port: number;
}

const PORT = /^(?:0|[1-9]\d{0,4})$/;

/** Parses `host:port` (`[::1]:8080` for IPv6, port 0 for any free one); null when it is none. */
export function parseAddress(text: string): Address | null {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0));
  const port = text.slice(colon + 1);
  if (!isHost(host) || !PORT.test(port) || Number(port) > 65_535) return null;
  return { host: canonicalHost(host), port: Number(port) };
}

/** Parses an origin (RFC 6454), `http://host[:port]` or `https://host[:port]`, to its canonical form, or null. */
export function parseOrigin(text: string): string | null {
  const [, scheme, authority] = /^(https?):\/\/([^/?#@\\]+)$/i.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return null;
  const hasPort = parseAddress(authority);
  if (hasPort === null ? !isHost(authority) : hasPort.port === 0) return null;
  return new URL(`${scheme}://${authority}`).origin;
}

/** True when only processes of this machine reach an address. */
export function isLoopback(address: Address): boolean {
  const { host } = address;
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * True when two listeners cannot both be opened. An unspecified address takes the port on every address of
 * its family, `::` also on those of IPv4. Port 0 is a different one each time.
 */
export function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || covers(a.host, b.host) || covers(b.host, a.host);
}

function covers(wide: string, host: string): boolean {
  return wide === '::' || (wide === '0.0.0.0' && !host.includes(':'));
}

function canonicalHost(host: string): string {
  const { hostname } = new URL(`http://${host}`);
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
