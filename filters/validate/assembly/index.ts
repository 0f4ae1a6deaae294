// The built-in filter `validate`: only requests that fit their schemas reach the upstream. README.md describes every option.
import {
  Bytes,
  Decision,
  hasUniqueNames,
  Json,
  JsonWriter,
  mediaType,
  next,
  parseProblem,
  Request,
  Response,
  refuse,
} from 'sluice';
import { BodyLimits } from './body-limits';
import { Content, ContentKind, Contents } from './contents';
import { Definitions } from './definitions';
import { Findings } from './findings';
import { Operation } from './operation';
import { Projection } from './projection';
import { Refusal } from './refusal';
import { Routes } from './routes';
import { SchemaPool } from './schema-pool';
import { Shapes } from './shapes';

const MISMATCH = 'The request does not fit its schema.';

/** Headers that describe the bytes of a body, so they are wrong once it has changed. */
const DIGESTS: StaticArray<string> = ['content-md5', 'digest', 'content-digest', 'repr-digest'];

const limits = new BodyLimits();
const refusal = new Refusal([
  'VALIDATE_UNKNOWN_ROUTE',
  'VALIDATE_EMPTY',
  'VALIDATE_BODY',
  'VALIDATE_CONTENT_TYPE',
  'VALIDATE_TOO_LARGE',
  'VALIDATE_LIMIT',
  'VALIDATE_NOT_JSON',
  'VALIDATE_MISMATCH',
]);
const replacement = new Refusal(['VALIDATE_RESPONSE']);
const definitions = new Definitions();
const pool = new SchemaPool(definitions);
const shapes = new Shapes(definitions);
const routes = new Routes();
let mismatchStatus: i32 = 422;

export function configure(config: Json): void {
  limits.read(config.get('limits'));
  const mode = config.get('mode').text('enforce');
  if (mode == 'report') refusal.report();
  if (config.get('responseMode').text(mode) == 'report') replacement.report();
  mismatchStatus = <i32>config.get('status').integer(mismatchStatus);
  if (mismatchStatus < 400 || mismatchStatus > 499) refuse('/status', 'expected a status from 400 to 499');
  const operations = config.get('operations');
  if (!operations.exists) return readOneForAll(config);
  if (config.get('schema').exists) refuse('/schema', 'expected schema or operations, not both');
  definitions.read(config.get('definitions'));
  for (let member = operations.first(); member.exists; member = member.next()) {
    routes.add(member.name, Operation.read(member, definitions, pool, shapes));
  }
  routes.passesUnknown = config.get('unknown').text('refuse') == 'pass';
  pool.compile(config.get('dialect').text('2020-12') == 'draft-07');
}

/** The short form: one body for all routes, and a schema that stands alone. */
function readOneForAll(config: Json): void {
  const source = config.get('schema');
  if (!source.exists) return refuse(source.pointer, 'expected a JSON Schema, or operations');
  const schema = pool.addAlone(source);
  const contents = new Contents();
  const types = config.get('contentTypes');
  for (let item = types.first(); item.exists; item = item.next()) {
    const type = mediaType(item.bytes);
    if (!item.isString || type.indexOfByte(0x2f) < 1)
      refuse(item.pointer, 'expected a media type such as application/json');
    contents.add(new Content(type, ContentKind.Json, null, source));
  }
  if (!types.exists)
    contents.add(new Content(Bytes.from('application/json'), ContentKind.Json, null, source));
  for (let i = 0; i < contents.list.length; i++) contents.list[i].schema = schema;
  limits.bodyBytes = config.get('maxBodyBytes').integer(limits.bodyBytes);
  routes.all = Operation.ofBody(contents);
}

export function onRequest(request: Request): Decision {
  const operation = routes.of(request.route);
  if (operation == null) {
    if (routes.passesUnknown) return next();
    return refusal.of(403, 'VALIDATE_UNKNOWN_ROUTE', 'Nothing is documented for this route.');
  }
  const contents = operation.contents;
  const body = request.body;
  if (body.isEmpty) {
    if (operation.needsBody) return refusal.of(400, 'VALIDATE_EMPTY', 'The request must have a body.');
    return judge(request, operation, null);
  }
  if (contents == null) return refusal.of(400, 'VALIDATE_BODY', 'The request must not have a body.');
  const content = contents.find(request.headers);
  if (content == null) {
    return refusal.of(415, 'VALIDATE_CONTENT_TYPE', 'The content type of the request is not accepted.');
  }
  if (body.length > limits.bodyBytes)
    return refusal.of(413, 'VALIDATE_TOO_LARGE', 'The request body is too large.');
  const limit = brokenLimit(body, content);
  if (limit != '') {
    const findings = new Findings();
    findings.add('body', '', limit, 'is larger than it may be');
    return refusal.of(413, 'VALIDATE_LIMIT', 'The request body is larger than it may be.', findings);
  }
  if (content.schema >= 0 && pool.isAlone(content.schema)) return judgeAlone(body, content.schema);
  if (content.kind == ContentKind.Json && !hasUniqueNames(body)) return notJson(body);
  return judge(request, operation, content);
}

/** Name of the first limit that a body breaks; empty when it keeps all. */
function brokenLimit(body: Bytes, content: Content): string {
  if (content.kind == ContentKind.Opaque) return '';
  return content.kind == ContentKind.Form ? limits.brokenByForm(body) : limits.brokenBy(body);
}

function notJson(body: Bytes): Decision {
  return refusal.of(400, 'VALIDATE_NOT_JSON', 'The request body is not JSON: ' + parseProblem(body) + '.');
}

/** Judges a body that a schema of its own is all about. */
function judgeAlone(body: Bytes, schema: i32): Decision {
  const verdict = pool.checkAlone(schema, body);
  // Most bodies fit, and whoever saw that saw their names as well.
  if (verdict.isUnique) return next();
  if (!hasUniqueNames(body)) return notJson(body);
  if (verdict.isValid) return next();
  const findings = new Findings();
  findings.addVerdict(verdict, 0, 'body');
  return refusal.of(mismatchStatus, 'VALIDATE_MISMATCH', MISMATCH, findings);
}

/**
 * Judges parameters and body together.
 * @param content what the body is, whose names are unique; null when there is none
 */
function judge(request: Request, operation: Operation, content: Content | null): Decision {
  const schema = content == null ? operation.bareSchema : content.schema;
  const findings = new Findings();
  let body = request.body;
  // What cannot be taken into the document is found on the way.
  const document = schema < 0 ? new JsonWriter() : pool.open(schema);
  document.beginObject();
  operation.write(request, document, limits, findings);
  if (content != null) {
    const shape = content.shape;
    if (shape != null) body = new Projection(operation.stripsUnknown, operation.coerces).of(body, shape);
    writeBody(body, content, document, findings);
  }
  document.endObject();
  if (schema >= 0) findings.addVerdict(pool.check(schema, document), pool.depthOf(schema), 'body');
  if (!findings.isEmpty) return refusal.of(mismatchStatus, 'VALIDATE_MISMATCH', MISMATCH, findings);
  if (body.address != request.body.address && !refusal.isReport) replaceBody(request, body);
  return next();
}

function replaceBody(request: Request, body: Bytes): void {
  request.setBody(body);
  for (let i = 0; i < DIGESTS.length; i++)
    if (request.headers.has(DIGESTS[i])) request.headers.remove(DIGESTS[i]);
}

function writeBody(body: Bytes, content: Content, document: JsonWriter, findings: Findings): void {
  if (content.kind == ContentKind.Json) document.name('body').raw(body);
  else if (content.kind == ContentKind.Form) {
    document.name('body').raw(content.fields!.formOf(body, limits, findings));
  }
}

export function onResponse(request: Request, response: Response): Decision {
  const operation = routes.of(request.route);
  if (operation == null) return next();
  const responses = operation.responses;
  if (responses == null) return next();
  const findings = new Findings();
  const body = responses.judge(request, response, pool, findings);
  if (!findings.isEmpty) {
    return replacement.of(502, 'VALIDATE_RESPONSE', 'The response does not fit its schema.', findings);
  }
  if (body.address != response.body.address && !replacement.isReport) response.setBody(body);
  return next();
}
