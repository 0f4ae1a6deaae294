// Response headers to let through, to remove, to rename and to set.
import { Bytes, Headers, isFieldValue, isFramingHeader, Json, refuse } from 'sluice';
import { checkName, NameList } from './name-list';
import { SecurityHeaders } from './security-headers';

export class HeaderRules {
  private readonly allowed: NameList = new NameList();
  private readonly removed: NameList = new NameList();
  private readonly oldNames: Bytes[] = [];
  private readonly newNames: Bytes[] = [];
  private readonly setNames: Bytes[] = [];
  private readonly setValues: Bytes[] = [];
  private readonly security: SecurityHeaders = new SecurityHeaders();
  private allowsOnly: bool = false;
  private looksAtAll: bool = false;

  /** Reads `{ allow, remove, rename, security, set }`; in `configure`. */
  read(config: Json): void {
    const allow = config.get('allow');
    this.allowsOnly = allow.exists;
    this.allowed.read(allow);
    this.removed.read(config.get('remove'));
    this.looksAtAll = this.allowsOnly || this.removed.hasPrefixes;
    for (let member = config.get('rename').first(); member.exists; member = member.next())
      this.addRename(member);
    for (let member = config.get('set').first(); member.exists; member = member.next()) this.addSet(member);
    this.security.read(config.get('security'));
  }

  /** For a response of the upstream. What is looked at are the names that it came with. */
  apply(headers: Headers): void {
    if (this.looksAtAll) this.drop(headers);
    else this.removed.removeNames(headers);
    for (let i = 0; i < this.oldNames.length; i++) rename(headers, this.oldNames[i], this.newNames[i]);
    this.security.apply(headers);
    this.applySet(headers);
  }

  /** For a response that the filter itself gives. */
  applyOwn(headers: Headers): void {
    this.security.applyAll(headers);
    this.applySet(headers);
  }

  private applySet(headers: Headers): void {
    for (let i = 0; i < this.setNames.length; i++) headers.set(this.setNames[i], this.setValues[i]);
  }

  private drop(headers: Headers): void {
    for (let i = 0, size = headers.size; i < size; i++) {
      const name = headers.nameAt(i);
      if (this.drops(name)) headers.remove(name);
    }
  }

  private drops(name: Bytes): bool {
    if (this.removed.has(name)) return !isFramingHeader(name);
    return this.allowsOnly && !this.allowed.has(name) && !isAboutBody(name) && !isFramingHeader(name);
  }

  private addRename(member: Json): void {
    const from = member.name.toLowerCase();
    checkName(from, member);
    if (!member.isString) return refuse(member.pointer, 'expected a header name');
    const to = member.bytes.toLowerCase();
    checkName(to, member);
    if (to.equals('set-cookie')) refuse(member.pointer, 'it would escape the rules for cookies');
    if (this.removed.has(to))
      refuse(member.pointer, 'headers of the new name are removed: take it out of remove');
    if (this.drops(from)) refuse(member.pointer, 'this header is removed: name it in allow, not in remove');
    this.oldNames.push(from);
    this.newNames.push(to);
  }

  private addSet(member: Json): void {
    const name = member.name.toLowerCase();
    checkName(name, member);
    if (!member.isString) refuse(member.pointer, 'expected a string');
    const value = member.bytes;
    if (!isFieldValue(value)) refuse(member.pointer, 'a header value cannot hold control characters');
    this.setNames.push(name);
    this.setValues.push(value);
  }
}

/** Without these nobody could read the body, so no list has to name them. */
function isAboutBody(name: Bytes): bool {
  return name.equals('content-type') || name.equals('content-encoding') || name.equals('content-range');
}

function rename(headers: Headers, from: Bytes, to: Bytes): void {
  let isFirst = true;
  for (let i = 0, size = headers.size; i < size; i++) {
    if (!headers.nameAt(i).equalsBytes(from)) continue;
    if (isFirst) {
      headers.remove(from);
      headers.set(to, headers.valueAt(i));
      isFirst = false;
    } else {
      headers.add(to, headers.valueAt(i));
    }
  }
}
