// Response headers to remove and to set.
import { Bytes, isFieldValue, isFramingHeader, isToken, Json, Response, refuse } from 'sluice';

const STAR: u8 = 0x2a;

export class HeaderRules {
  private readonly names: string[] = [];
  private readonly prefixes: Bytes[] = [];
  private readonly setNames: Bytes[] = [];
  private readonly setValues: Bytes[] = [];

  /** Reads `{ remove, set }`; in `configure`. */
  read(config: Json): void {
    const remove = config.get('remove');
    for (let item = remove.first(); item.exists; item = item.next()) this.readRemove(item);
    const set = config.get('set');
    for (let member = set.first(); member.exists; member = member.next()) {
      const name = member.name.toLowerCase();
      checkName(name, member);
      if (!member.isString) refuse(member.pointer, 'expected a string');
      const value = member.bytes;
      if (!isFieldValue(value)) refuse(member.pointer, 'a header value cannot hold control characters');
      this.setNames.push(name);
      this.setValues.push(value);
    }
  }

  /** Removes what the response has of the names to remove, then sets. */
  apply(response: Response): void {
    const headers = response.headers;
    for (let i = 0; i < this.names.length; i++) {
      if (headers.has(this.names[i])) headers.remove(this.names[i]);
    }
    if (this.prefixes.length > 0) this.removePrefixes(response);
    this.applySet(response);
  }

  /** Only sets: for responses that the filter itself gives. */
  applySet(response: Response): void {
    for (let i = 0; i < this.setNames.length; i++) response.headers.set(this.setNames[i], this.setValues[i]);
  }

  private readRemove(item: Json): void {
    if (!item.isString) return refuse(item.pointer, 'expected a string');
    const name = item.bytes.toLowerCase();
    if (name.length > 1 && name[name.length - 1] == STAR) {
      const prefix = name.slice(0, name.length - 1);
      if (!isToken(prefix) || prefix.indexOfByte(STAR) >= 0)
        refuse(item.pointer, 'expected a header name with at most one * at its end');
      this.prefixes.push(prefix);
      return;
    }
    checkName(name, item);
    if (name.indexOfByte(STAR) >= 0) refuse(item.pointer, 'a lone * would remove every header');
    this.names.push(name.toString());
  }

  private removePrefixes(response: Response): void {
    const headers = response.headers;
    for (let i = 0, size = headers.size; i < size; i++) {
      const name = headers.nameAt(i);
      if (isFramingHeader(name)) continue;
      for (let k = 0; k < this.prefixes.length; k++) {
        if (!name.startsWithBytes(this.prefixes[k])) continue;
        headers.remove(name);
        break;
      }
    }
  }
}

function checkName(name: Bytes, at: Json): void {
  if (!isToken(name)) refuse(at.pointer, 'not a header name');
  else if (isFramingHeader(name)) refuse(at.pointer, 'the gateway writes this header itself');
}
