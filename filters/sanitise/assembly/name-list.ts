// Header names of the config: whole ones, and beginnings that end in `*`.
import { Bytes, Headers, isFramingHeader, isToken, Json, refuse } from 'sluice';

const STAR: u8 = 0x2a;

export class NameList {
  private readonly names: Bytes[] = [];
  private readonly texts: string[] = [];
  private readonly prefixes: Bytes[] = [];

  /** Reads a list; in `configure`. */
  read(list: Json): void {
    for (let item = list.first(); item.exists; item = item.next()) this.add(item);
  }

  get hasPrefixes(): bool {
    return this.prefixes.length > 0;
  }

  /** Removes the headers with whole names of the list: without a view of every header, so few names cost little. */
  removeNames(headers: Headers): void {
    for (let i = 0; i < this.texts.length; i++) if (headers.has(this.texts[i])) headers.remove(this.names[i]);
  }

  /** @param name in lower case */
  has(name: Bytes): bool {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].equalsBytes(name)) return true;
    for (let i = 0; i < this.prefixes.length; i++) if (name.startsWithBytes(this.prefixes[i])) return true;
    return false;
  }

  private add(item: Json): void {
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
    if (name.indexOfByte(STAR) >= 0) refuse(item.pointer, 'a lone * would mean every header');
    this.names.push(name);
    this.texts.push(name.toString());
  }
}

/** Refuses what is no name of a header that a filter may change. */
export function checkName(name: Bytes, at: Json): void {
  if (!isToken(name)) refuse(at.pointer, 'not a header name');
  else if (isFramingHeader(name)) refuse(at.pointer, 'the gateway writes this header itself');
}
