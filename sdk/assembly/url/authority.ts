// What stands between the scheme and the path: credentials, host and port (WHATWG URL §4.4, authority to port state,
// and the file host state).
import { ABSENT, Bytes } from '../bytes';
import { UrlFailure } from './failure';
import { DomainToAscii, Host, readHost } from './host';
import { isDriveLetter } from './path';

const COLON: u8 = 0x3a;
const MOST_PORT = 65535;
const NO_PORT = -1;
const BAD_PORT = -2;

@final
export class Authority {
  constructor(
    readonly host: Host,
    /** What follows, as sent. */
    readonly path: Bytes,
    /** As sent, without `@`; absent when there is no `@`. */
    readonly userinfo: Bytes = ABSENT,
    /** As given, else -1. */
    readonly port: i32 = NO_PORT,
  ) {}

  static failed(failure: UrlFailure): Authority {
    return new Authority(Host.failed(failure), ABSENT);
  }
}

/** @param text what follows the slashes */
export function readAuthority(text: Bytes, isSpecial: bool, toAscii: DomainToAscii | null): Authority {
  const end = pathStart(text, isSpecial);
  // Of several `@` the last one ends the credentials.
  let at = end;
  while (at > 0 && text[at - 1] != 0x40) at--;
  const userinfo = at == 0 ? ABSENT : text.slice(0, at - 1);
  const colon = portColon(text, at, end);
  const hostEnd = colon < 0 ? end : colon;
  let host: Host;
  if (hostEnd == at) {
    if (isSpecial || colon >= 0 || userinfo.exists) return Authority.failed(UrlFailure.NoHost);
    host = Host.none(text.slice(at, at));
  } else {
    host = readHost(text.slice(at, hostEnd), isSpecial, toAscii);
  }
  const port = colon < 0 ? NO_PORT : readPort(text.slice(colon + 1, end));
  if (port == BAD_PORT) return Authority.failed(UrlFailure.BadPort);
  return new Authority(host, text.slice(end), userinfo, port);
}

/** @param text what follows the scheme `file` and its colon */
export function readFileAuthority(text: Bytes, toAscii: DomainToAscii | null): Authority {
  const nobody = Host.none(text.slice(0, 0));
  if (text.length < 2 || pathStart(text.slice(0, 1), true) != 0 || pathStart(text.slice(1, 2), true) != 0) {
    return new Authority(nobody, text);
  }
  const rest = text.slice(2);
  const end = pathStart(rest, true);
  const name = rest.slice(0, end);
  // A drive is the beginning of the path.
  if (isDriveLetter(name)) return new Authority(nobody, rest);
  if (name.isEmpty) return new Authority(nobody, rest.slice(end));
  const host = readHost(name, true, toAscii);
  return new Authority(host.text.equals('localhost') ? nobody : host, rest.slice(end));
}

/** Index of the first slash, or of the end. */
function pathStart(text: Bytes, isSpecial: bool): i32 {
  let at = 0;
  while (at < text.length && text[at] != 0x2f && !(isSpecial && text[at] == 0x5c)) at++;
  return at;
}

/** Index of the first colon outside of brackets, or -1. */
function portColon(text: Bytes, at: i32, end: i32): i32 {
  let isInside = false;
  for (; at < end; at++) {
    const byte = text[at];
    if (byte == 0x5b) isInside = true;
    else if (byte == 0x5d) isInside = false;
    else if (byte == COLON && !isInside) return at;
  }
  return -1;
}

function readPort(text: Bytes): i32 {
  if (text.isEmpty) return NO_PORT;
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = <u32>text[i] - 0x30;
    if (digit > 9) return BAD_PORT;
    port = port * 10 + <i32>digit;
    if (port > MOST_PORT) return BAD_PORT;
  }
  return port;
}
