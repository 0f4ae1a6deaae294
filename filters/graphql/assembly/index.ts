// The built-in filter `graphql`: only operations within their limits reach the upstream. README.md describes every option.
import {
  Bytes,
  Decision,
  GraphqlSchema,
  hasUniqueNames,
  hexEncode,
  isUtf8,
  Json,
  JsonWriter,
  mediaParameter,
  mediaType,
  next,
  Request,
  refuse,
  sha256,
} from 'sluice';
import { Document, Trouble } from './document';
import { Excess, Limits } from './limits';
import { PageSizes, Variables } from './page-sizes';
import { Refusal } from './refusal';

const limits = new Limits();
const pageSizes = new PageSizes();
const refusal = new Refusal();
let schema: GraphqlSchema | null = null;
let allowsGet: bool = false;
let allowsIntrospection: bool = false;
const hashes: Bytes[] = [];
let isListed: bool = false;
const denied: Bytes[] = [];
// Of a whole batch.
let complexity: f64 = 0;

export function configure(config: Json): void {
  limits.read(config.get('limits'));
  pageSizes.read(config.get('pageSizes'));
  allowsGet = config.get('get').bool();
  allowsIntrospection = config.get('introspection').bool();
  refusal.asErrors = config.get('errors').text() == 'graphql';
  if (config.get('mode').text() == 'report') refusal.report();
  const definition = config.get('schema');
  if (definition.exists) {
    schema = GraphqlSchema.compile(definition.bytes);
    if (schema == null) return refuse(definition.pointer, GraphqlSchema.problem);
  }
  const fields = config.get('denyFields');
  for (let item = fields.first(); item.exists; item = item.next()) denied.push(item.bytes);
  if (denied.length > 0 && schema == null) return refuse(fields.pointer, 'needs a schema beside it');
  const listed = config.get('persisted');
  isListed = listed.exists;
  for (let item = listed.first(); item.exists; item = item.next()) hashes.push(item.bytes.toLowerCase());
  // Says at load that the capability is missing.
  if (isListed) sha256(Bytes.from(''));
}

export function onRequest(request: Request): Decision {
  complexity = 0;
  const isGet = request.method.equals('GET');
  if (!isGet && !request.method.equals('POST')) return wrongMethod();
  if (isGet) return allowsGet ? fromQuery(request) : wrongMethod();
  if (namesOperation(request)) {
    return refusal.of(
      400,
      'GRAPHQL_PARAMETERS',
      'A GraphQL request by POST has its operation in the body only.',
    );
  }
  if (!isJson(request)) return refusal.of(415, 'GRAPHQL_CONTENT_TYPE', 'Expected application/json in UTF-8.');
  const body = request.body;
  if (!hasUniqueNames(body)) return malformed();
  const document = Json.parse(body);
  if (!document.isArray) return operation(document, false);
  let count: i64 = 0;
  for (let item = document.first(); item.exists; item = item.next()) if (++count > limits.batch) break;
  if (count == 0) return malformed();
  if (count > limits.batch || limits.batch == 1) return exceeds('batch', limits.batch);
  for (let item = document.first(); item.exists; item = item.next()) {
    const decision = operation(item, false);
    // What `next()` answers is one object.
    if (decision != next()) return decision;
  }
  return next();
}

function wrongMethod(): Decision {
  return refusal.of(405, 'GRAPHQL_METHOD', 'GraphQL is not served by this method.');
}

function malformed(): Decision {
  return refusal.of(400, 'GRAPHQL_REQUEST', 'This is no GraphQL request.');
}

function exceeds(limit: string, most: i64): Decision {
  return refusal.of(400, 'GRAPHQL_LIMIT', 'The request asks for too much.', null, new Excess(limit, most));
}

/** One content type, application/json, in UTF-8. */
function isJson(request: Request): bool {
  const index = request.headers.find('content-type');
  if (index < 0 || request.headers.find('content-type', index + 1) >= 0) return false;
  const value = request.headers.valueAt(index);
  const charset = mediaParameter(value, 'charset');
  if (charset.exists && !charset.equalsIgnoreCase('utf-8')) return false;
  return mediaType(value).equals('application/json');
}

/** Servers that read the query of a POST as well would run what stands there. */
function namesOperation(request: Request): bool {
  // Some servers split there.
  if (request.query.indexOfByte(0x3b) >= 0) return true;
  const parameters = request.parameters;
  while (parameters.next()) if (!parameters.name.exists || isMember(stem(parameters.name))) return true;
  return false;
}

/** `query[0]` is `query` to some readers. */
function stem(name: Bytes): Bytes {
  const bracket = name.indexOfByte(0x5b);
  return bracket < 0 ? name : name.slice(0, bracket);
}

function isMember(name: Bytes): bool {
  return (
    name.equals('query') ||
    name.equals('operationName') ||
    name.equals('variables') ||
    name.equals('extensions')
  );
}

/** The parameters of a GET as the body that a POST would have. */
function fromQuery(request: Request): Decision {
  if (!request.body.isEmpty || request.query.indexOfByte(0x3b) >= 0) return malformed();
  const writer = new JsonWriter().beginObject();
  const parameters = request.parameters;
  while (parameters.next()) {
    const name = parameters.name;
    if (!name.exists) return malformed();
    if (!isMember(name)) {
      if (isMember(stem(name))) return malformed();
      continue;
    }
    const value = parameters.value;
    if (!value.exists || !isUtf8(value)) return malformed();
    writer.name(name.toString());
    if (name.equals('query') || name.equals('operationName')) writer.textBytes(value);
    else if (Json.parse(value).exists) writer.raw(value);
    else return malformed();
  }
  const body = writer.endObject().bytes;
  return hasUniqueNames(body) ? operation(Json.parse(body), true) : malformed();
}

function operation(call: Json, isGet: bool): Decision {
  if (!call.isObject) return malformed();
  for (let member = call.first(); member.exists; member = member.next())
    if (!isMember(member.name)) return malformed();
  const query = call.get('query');
  const name = call.get('operationName');
  const variables = call.get('variables');
  const extensions = call.get('extensions');
  if (name.exists && !name.isString && !name.isNull) return malformed();
  if (variables.exists && !variables.isObject && !variables.isNull) return malformed();
  if (extensions.exists && !extensions.isObject && !extensions.isNull) return malformed();
  const text = query.bytes;
  if (!query.isString || text.isEmpty || !isUtf8(text) || name.bytes.length > 1024) return malformed();
  if (text.length > limits.bytes) return exceeds('bytes', limits.bytes);
  const hash = extensions.get('persistedQuery').get('sha256Hash');
  if (hash.exists && !isListed) return notPersisted();
  if (isListed) {
    const digest = hexEncode(sha256(text));
    if (hash.exists && !hash.bytes.equalsBytes(digest)) return notPersisted();
    if (!isPersisted(digest)) return notPersisted();
  }
  return judge(text, name.bytes, variables, isGet);
}

function notPersisted(): Decision {
  return refusal.of(403, 'GRAPHQL_PERSISTED', 'This operation is not among those that may run.');
}

function isPersisted(digest: Bytes): bool {
  for (let i = 0; i < hashes.length; i++) if (hashes[i].equalsBytes(digest)) return true;
  return false;
}

function judge(text: Bytes, name: Bytes, values: Json, isGet: bool): Decision {
  const variables = new Variables(values);
  if (!variables.isBounded) return exceeds('variables', 256);
  const document = new Document(text, <i32>limits.tokens, pageSizes, variables);
  if (document.trouble == Trouble.Tokens) return exceeds('tokens', limits.tokens);
  if (document.trouble == Trouble.Nesting) return exceeds('depth', limits.depth);
  if (document.trouble == Trouble.Fragments) {
    return refusal.of(400, 'GRAPHQL_FRAGMENTS', 'A fragment is missing, there twice, or part of a circle.');
  }
  if (document.trouble == Trouble.Syntax) {
    const place = new JsonWriter().beginArray().beginObject().name('rule').text('Syntax').name('line');
    place.integer(document.line).name('column').integer(document.column).endObject().endArray();
    return refusal.of(400, 'GRAPHQL_SYNTAX', 'The operation is not GraphQL.', Json.parse(place.bytes));
  }
  const operations = document.operations;
  if (operations.length == 0) return malformed();
  if (operations.length > limits.operations) return exceeds('operations', limits.operations);
  for (let i = 0; i < operations.length; i++) {
    const measure = operations[i];
    if (isGet && !measure.isQuery) return wrongMethod();
    if (measure.introspects && !allowsIntrospection) {
      return refusal.of(403, 'GRAPHQL_INTROSPECTION', 'Introspection is off.');
    }
    if (measure.depth > limits.depth) return exceeds('depth', limits.depth);
    if (measure.aliases > <f64>limits.aliases) return exceeds('aliases', limits.aliases);
    if (measure.rootFields > <f64>limits.rootFields) return exceeds('rootFields', limits.rootFields);
    if (measure.directives > <f64>limits.directives) return exceeds('directives', limits.directives);
    complexity += measure.complexity;
    if (complexity > <f64>limits.complexity) return exceeds('complexity', limits.complexity);
  }
  return schema == null ? next() : againstSchema(text, name);
}

function againstSchema(text: Bytes, name: Bytes): Decision {
  const verdict = schema!.check(text, name);
  const message = verdict.message;
  if (!verdict.isValid) {
    const code = verdict.isNotGraphql ? 'GRAPHQL_SYNTAX' : 'GRAPHQL_MISMATCH';
    return refusal.of(400, code, 'The operation does not fit the schema.', message);
  }
  if (denied.length == 0) return next();
  for (let field = message.first(); field.exists; field = field.next()) {
    const coordinate = field.bytes;
    for (let i = 0; i < denied.length; i++) {
      if (denied[i].equalsBytes(coordinate)) {
        return refusal.of(403, 'GRAPHQL_FORBIDDEN', 'The operation reads what it may not.');
      }
    }
  }
  return next();
}
