// What the responses of an operation may look like.
import { Bytes, hasUniqueNames, Json, Request, Response, refuse } from 'sluice';
import { ContentKind, Contents } from './contents';
import { Definitions } from './definitions';
import { Findings } from './findings';
import { Projection } from './projection';
import { SchemaPool } from './schema-pool';
import { Shapes } from './shapes';

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/** A status, a class of statuses, or all. */
@final
class ResponseRule {
  /** Null: there is no body. */
  contents: Contents | null = null;
  projects: bool = false;

  constructor(
    /** First and last status that it is for. */
    readonly first: i32,
    readonly last: i32,
  ) {}
}

/** Built in `configure`. */
@final
export class Responses {
  private readonly rules: ResponseRule[] = [];

  /** Reads `responses`. */
  static read(json: Json, definitions: Definitions, pool: SchemaPool, shapes: Shapes): Responses {
    const responses = new Responses();
    for (let member = json.first(); member.exists; member = member.next()) {
      if (!isStatus(member.name)) {
        refuse(member.pointer, 'expected a status such as 404, 4XX or default');
        continue;
      }
      const rule = ruleOf(member.name);
      rule.projects = member.get('project').bool();
      const contents = member.get('contents');
      if (contents.exists) {
        rule.contents = Contents.read(contents, definitions);
        addSchemas(rule, definitions, pool, shapes);
      }
      responses.rules.push(rule);
    }
    return responses;
  }

  /**
   * Finds what is amiss with a response. Answers the body that it is to have, which is the same view when that is the one
   * it has.
   */
  judge(request: Request, response: Response, pool: SchemaPool, findings: Findings): Bytes {
    const body = response.body;
    const rule = this.ruleFor(response.status);
    if (rule == null) {
      findings.add('status', '', 'unknown', 'must be documented');
      return body;
    }
    const contents = rule.contents;
    if (body.isEmpty) {
      if (contents != null && !contents.hasOpaque && hasContent(request, response.status))
        findings.add('body', '', 'required', 'must be there');
      return body;
    }
    if (contents == null) {
      findings.add('body', '', 'unknown', 'must not be there');
      return body;
    }
    const content = contents.find(response.headers);
    if (content == null) {
      findings.add('headers', 'content-type', 'unknown', 'must be documented');
      return body;
    }
    if (content.kind != ContentKind.Json) return body;
    if (!hasUniqueNames(body)) {
      findings.add('body', '', 'json', 'must be JSON');
      return body;
    }
    const shape = content.shape;
    const kept = shape == null ? body : new Projection(true, false).of(body, shape);
    const document = pool.open(content.schema);
    document.beginObject().name('body').raw(kept).endObject();
    findings.addVerdict(pool.check(content.schema, document), pool.depthOf(content.schema), 'body');
    return kept;
  }

  /** The closest. */
  private ruleFor(status: i32): ResponseRule | null {
    let closest: ResponseRule | null = null;
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (status < rule.first || status > rule.last) continue;
      if (closest == null || rule.last - rule.first < closest.last - closest.first) closest = rule;
    }
    return closest;
  }
}

function isStatus(key: Bytes): bool {
  if (key.equals('default')) return true;
  if (key.length != 3 || <u32>key[0] - 0x32 > 3) return false;
  return key.endsWith('XX') || (<u32>key[1] - 0x30 < 10 && <u32>key[2] - 0x30 < 10);
}

/** @param key `404`, `4XX` or `default` */
function ruleOf(key: Bytes): ResponseRule {
  if (key.equals('default')) return new ResponseRule(0, 999);
  const hundreds = (<i32>key[0] - 0x30) * 100;
  if (key.endsWith('XX')) return new ResponseRule(hundreds, hundreds + 99);
  const status = hundreds + (<i32>key[1] - 0x30) * 10 + <i32>key[2] - 0x30;
  return new ResponseRule(status, status);
}

function addSchemas(rule: ResponseRule, definitions: Definitions, pool: SchemaPool, shapes: Shapes): void {
  const list = rule.contents!.list;
  for (let i = 0; i < list.length; i++) {
    const content = list[i];
    if (content.kind == ContentKind.Form)
      refuse(content.source.pointer, 'forms of responses are not held to a schema');
    if (content.kind != ContentKind.Json) continue;
    content.schema = pool.addProperties(new Bytes(0, 0), content.source, definitions);
    if (rule.projects) content.shape = shapes.of(content.source);
  }
}

/** Whether a response has content where it has one to send. */
function hasContent(request: Request, status: i32): bool {
  return status != NO_CONTENT && status != NOT_MODIFIED && !request.method.equals('HEAD');
}
