// What requests may hold before they reach the upstream: which headers, and nothing that is meant for an interpreter.
import { ABSENT, Bytes, Headers, isFramingHeader, Json, percentDecode, Request, refuse } from 'sluice';
import { NameList } from '../name-list';
import { BodyInput } from './body-input';
import { Finding } from './finding';
import { InputRule, PATH, QUERY } from './input-rule';
import { cleanParameters } from './parameters';

@final
export class RequestRules {
  private readonly allowed: NameList = new NameList();
  private readonly removed: NameList = new NameList();
  private allowsOnly: bool = false;
  private looksAtNames: bool = false;
  private refusesUnexpected: bool = false;
  private readonly rules: InputRule[] = [];
  private readonly bodies: BodyInput = new BodyInput(this.rules);
  /** Places that the last call of `clean` took something out of. */
  stripped: i32 = 0;

  /** Reads `request`; in `configure`. */
  read(config: Json): void {
    const headers = config.get('headers');
    const allow = headers.get('allow');
    const unexpected = headers.get('unexpected');
    this.allowsOnly = allow.exists;
    this.looksAtNames = headers.exists;
    this.allowed.read(allow);
    this.removed.read(headers.get('remove'));
    this.refusesUnexpected = unexpected.bytes.equals('refuse');
    if (unexpected.exists && !this.refusesUnexpected && !unexpected.bytes.equals('remove'))
      refuse(unexpected.pointer, 'expected remove or refuse');
    const controls = config.get('controls');
    if (controls.exists) this.rules.push(new InputRule(controls, true));
    for (let item = config.get('inputs').first(); item.exists; item = item.next())
      this.rules.push(new InputRule(item, false));
    this.bodies.prepare();
  }

  /**
   * The first thing for which the request is to be refused; null when there is none, and what is to be taken out is.
   * @param changes whether the request is to be changed, and not only to be looked at
   */
  clean(request: Request, changes: bool): Finding | null {
    this.stripped = 0;
    let finding = this.looksAtNames ? this.cleanNames(request.headers, changes) : null;
    if (finding == null) finding = this.inPath(request.path);
    if (finding == null) finding = this.inQuery(request, changes);
    if (finding == null) finding = this.inHeaders(request.headers, changes);
    if (finding == null) finding = this.bodies.clean(request, changes);
    this.stripped += this.bodies.stripped;
    return finding;
  }

  private cleanNames(headers: Headers, changes: bool): Finding | null {
    for (let i = 0, size = headers.size; i < size; i++) {
      const name = headers.nameAt(i);
      if (!this.isUnexpected(name)) continue;
      if (this.refusesUnexpected) return new Finding('header', name, 'unexpected');
      this.stripped++;
      if (changes) headers.remove(name);
    }
    return null;
  }

  private isUnexpected(name: Bytes): bool {
    if (!this.looksAtNames || isFramingHeader(name)) return false;
    return this.removed.has(name) || (this.allowsOnly && !this.allowed.has(name) && !isAboutBody(name));
  }

  /** A path cannot lose a piece and stay the path of the route, so it is refused whatever the action. */
  private inPath(path: Bytes): Finding | null {
    let decoded = ABSENT;
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (!rule.looksAt(PATH)) continue;
      if (!decoded.exists) decoded = percentDecode(path);
      if (!decoded.exists) return new Finding('path', ABSENT, 'encoding');
      const found = rule.find(decoded, false, true);
      if (found.length > 0) return new Finding('path', ABSENT, found);
    }
    return null;
  }

  private inQuery(request: Request, changes: bool): Finding | null {
    const query = request.query;
    if (query.isEmpty) return null;
    const outcome = cleanParameters(query, this.rules, QUERY, 'query');
    if (outcome.finding != null || outcome.stripped == 0) return outcome.finding;
    this.stripped += outcome.stripped;
    if (changes) request.setQuery(outcome.text);
    return null;
  }

  private inHeaders(headers: Headers, changes: bool): Finding | null {
    let looks = false;
    for (let i = 0; i < this.rules.length; i++) if (this.rules[i].looksAtHeaders) looks = true;
    if (!looks) return null;
    for (let at = 0, size = headers.size; at < size; at++) {
      const name = headers.nameAt(at);
      if (this.isUnexpected(name)) continue;
      let isChanged = false;
      for (let i = 0; i < this.rules.length; i++) {
        const rule = this.rules[i];
        if (!rule.looksAtHeader(name)) continue;
        const found = rule.find(headers.valueAt(at), false, false);
        if (found.length == 0) continue;
        if (!rule.strips || isFramingHeader(name)) return new Finding('header', name, found);
        isChanged = true;
      }
      if (!isChanged) continue;
      this.stripped++;
      if (changes) this.rewrite(headers, name);
    }
    return null;
  }

  /** Writes all fields of a name again, without what rules find in them; one of which nothing is left goes. */
  private rewrite(headers: Headers, name: Bytes): void {
    headers.remove(name);
    for (let at = 0, size = headers.size; at < size; at++) {
      if (!headers.nameAt(at).equalsBytes(name)) continue;
      let value = headers.valueAt(at);
      const wasEmpty = value.isEmpty;
      for (let i = 0; i < this.rules.length; i++) {
        const rule = this.rules[i];
        if (!rule.looksAtHeader(name) || rule.find(value, false, false).length == 0) continue;
        value = rule.stripped(value, false);
      }
      if (wasEmpty || !value.isEmpty) headers.add(name, value);
    }
  }
}

function isAboutBody(name: Bytes): bool {
  return name.equals('content-type') || name.equals('content-encoding');
}
