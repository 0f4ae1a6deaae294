// One rule: methods, path, headers and query, all of which must fit.
import { Bytes, Json, Request, refuse } from 'sluice';
import { HeaderCondition } from './header-condition';
import { Path, PathPattern } from './path';
import { QueryCondition } from './query-condition';

export class Rule {
  private readonly methods: Bytes[] = [];
  private readonly headers: HeaderCondition[] = [];
  private path: PathPattern | null = null;
  private query: QueryCondition | null = null;

  /** Reads a rule; in `configure`. */
  static read(json: Json): Rule {
    const rule = new Rule();
    const methods = json.get('methods');
    if (!methods.isArray) refuse(methods.pointer, 'expected a list of methods');
    for (let item = methods.first(); item.exists; item = item.next()) {
      if (!item.isString) refuse(item.pointer, 'expected a method');
      rule.methods.push(item.bytes);
    }
    const path = json.get('path');
    rule.path = PathPattern.parse(path.bytes);
    if (rule.path == null) refuse(path.pointer, PathPattern.problem);
    for (let member = json.get('headers').first(); member.exists; member = member.next()) {
      rule.headers.push(HeaderCondition.read(member));
    }
    const query = json.get('query');
    if (query.exists) rule.query = QueryCondition.read(query);
    return rule;
  }

  fits(request: Request, path: Path): bool {
    const pattern = this.path;
    if (pattern == null || !this.allowsMethod(request.method) || !pattern.fits(path)) return false;
    for (let i = 0; i < this.headers.length; i++) if (!this.headers[i].fits(request.headers)) return false;
    const query = this.query;
    return query == null || query.fits(request.query);
  }

  private allowsMethod(method: Bytes): bool {
    for (let i = 0; i < this.methods.length; i++) if (this.methods[i].equalsBytes(method)) return true;
    return false;
  }
}
