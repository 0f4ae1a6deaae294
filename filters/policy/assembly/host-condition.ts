// Which hosts a request may be for. A star stands for one label, as it does in routes.
import { Bytes, Json, NameSet, refuse } from 'sluice';

const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const STAR: u8 = 0x2a;
const BRACKET_END: u8 = 0x5d;

export class HostCondition {
  private readonly exact: NameSet = new NameSet();
  // What comes after the star, dot included.
  private readonly below: NameSet = new NameSet();

  /** Reads a list of hosts; in `configure`. */
  static read(json: Json): HostCondition {
    const condition = new HostCondition();
    if (!json.isArray) refuse(json.pointer, 'expected a list of hosts');
    for (let item = json.first(); item.exists; item = item.next()) {
      const host = item.bytes.toLowerCase();
      const isWild = host.startsWith('*.');
      const rest = isWild ? host.slice(1) : host;
      const least = isWild ? 2 : 1;
      if (rest.length < least || rest.indexOfByte(STAR) >= 0 || withoutPort(rest).length != rest.length) {
        refuse(item.pointer, 'expected a host without a port, such as example.com or *.example.com');
      }
      if (isWild) condition.below.add(rest);
      else condition.exact.add(rest);
    }
    return condition;
  }

  /** @param authority in lower case, with a port or without */
  fits(authority: Bytes): bool {
    const host = withoutPort(authority);
    if (this.exact.has(host)) return true;
    const dot = host.indexOfByte(DOT, 1);
    return dot > 0 && this.below.has(host.slice(dot));
  }
}

function withoutPort(authority: Bytes): Bytes {
  let at = authority.length;
  while (at > 0 && authority[at - 1] != COLON && authority[at - 1] != BRACKET_END) at--;
  return at > 0 && authority[at - 1] == COLON ? authority.slice(0, at - 1) : authority;
}
