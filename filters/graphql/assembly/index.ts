// The built-in filter `graphql`: only operations within their limits reach the upstream. README.md describes every option.
import {
  ABSENT,
  Bytes,
  Decision,
  GraphqlSchema,
  Headers,
  hasUniqueNames,
  isUtf8,
  Json,
  JsonWriter,
  next,
  percentEncode,
  Request,
  refuse,
} from 'sluice';
import { Document, Trouble } from './document';
import { Excess, Limits } from './limits';
import { PageSizes, Variables } from './page-sizes';
import { Permissions } from './permissions';
import { hashOf, Persisted } from './persisted';
import { Refusal } from './refusal';
import { bodyOfQuery, isMember, isPlainJson, namesOperation, withText } from './request-form';

const limits = new Limits();
const pageSizes = new PageSizes();
const permissions = new Permissions();
const persisted = new Persisted();
const refusal = new Refusal();
let schema: GraphqlSchema | null = null;
let allowsGet: bool = false;
let allowsIntrospection: bool = false;
// Of a whole batch.
let complexity: f64 = 0;
// Text of the last operation that came by its hash alone.
let known: Bytes = ABSENT;

export function configure(config: Json): void {
  limits.read(config.get('limits'));
  pageSizes.read(config.get('pageSizes'), limits.pageSize);
  allowsGet = config.get('get').bool();
  allowsIntrospection = config.get('introspection').bool();
  refusal.asErrors = config.get('errors').text() == 'graphql';
  if (config.get('mode').text() == 'report') refusal.report();
  const definition = config.get('schema');
  if (definition.exists) {
    schema = GraphqlSchema.compile(definition.bytes);
    if (schema == null) return refuse(definition.pointer, GraphqlSchema.problem);
  }
  permissions.read(config, schema);
  const list = config.get('persisted');
  persisted.read(list);
  const operations = list.get('operations');
  for (let item = operations.first(); item.exists; item = item.next()) checkPersisted(item);
}

/** An operation that could never run is a mistake of the config. */
function checkPersisted(item: Json): void {
  const text = item.bytes;
  const document = new Document(
    text,
    <i32>limits.tokens,
    pageSizes,
    new Variables(Json.parse(ABSENT), pageSizes),
  );
  if (document.trouble != Trouble.None || document.operations.length == 0) {
    return refuse(item.pointer, 'expected a GraphQL operation within the limits');
  }
  if (schema == null || document.operations.length > 1) return;
  if (!schema!.check(text).isValid) refuse(item.pointer, 'this operation does not fit the schema');
}

export function onRequest(request: Request): Decision {
  complexity = 0;
  const isGet = request.method.equals('GET');
  if (!isGet && !request.method.equals('POST')) return wrongMethod();
  if (permissions.isDoubtful(request.headers)) return doubtfulHeaders();
  if (!isGet) return fromBody(request);
  if (!allowsGet) return wrongMethod();
  const body = bodyOfQuery(request);
  if (!body.exists) return malformed();
  const decision = operation(Json.parse(body), request.headers, true);
  if (decision != next() || !known.exists || refusal.onlyReports) return decision;
  const separator = request.query.isEmpty ? '' : '&';
  request.setQuery(request.query.toString() + separator + 'query=' + percentEncode(known).toString());
  return decision;
}

function fromBody(request: Request): Decision {
  if (namesOperation(request)) {
    return refusal.of(
      400,
      'GRAPHQL_PARAMETERS',
      'A GraphQL request by POST has its operation in the body only.',
    );
  }
  if (!isPlainJson(request.headers)) {
    return refusal.of(415, 'GRAPHQL_CONTENT_TYPE', 'Expected application/json in UTF-8.');
  }
  const body = request.body;
  if (!hasUniqueNames(body)) return malformed();
  const document = Json.parse(body);
  if (document.isArray) return batch(request, document);
  const decision = operation(document, request.headers, false);
  if (decision == next() && known.exists && !refusal.onlyReports) request.setBody(withText(document, known));
  return decision;
}

function batch(request: Request, list: Json): Decision {
  let count: i64 = 0;
  for (let item = list.first(); item.exists; item = item.next()) if (++count > limits.batch) break;
  if (count > limits.batch || limits.batch == 0) return exceeds('batch', limits.batch);
  if (count == 0) return malformed();
  const writer = new JsonWriter().beginArray();
  let isKnown = false;
  for (let item = list.first(); item.exists; item = item.next()) {
    const decision = operation(item, request.headers, false);
    // What `next()` answers is one object.
    if (decision != next()) return decision;
    writer.raw(known.exists ? withText(item, known) : item.raw);
    if (known.exists) isKnown = true;
  }
  if (isKnown && !refusal.onlyReports) request.setBody(writer.endArray().bytes);
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

function notPersisted(): Decision {
  return refusal.of(403, 'GRAPHQL_PERSISTED', 'This operation is not among those that may run.');
}

function forbidden(): Decision {
  return refusal.of(403, 'GRAPHQL_FORBIDDEN', 'The operation reads what it may not.');
}

function doubtfulHeaders(): Decision {
  return refusal.of(403, 'GRAPHQL_FORBIDDEN', 'A header is spelled in a way that servers read differently.');
}

function operation(call: Json, headers: Headers, isGet: bool): Decision {
  known = ABSENT;
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
  const named = extensions.get('persistedQuery');
  const hash = named.get('sha256Hash');
  if (named.exists && !named.isNull && !hash.isString) return malformed();
  if (hash.exists && !persisted.exist) return notPersisted();
  let text = query.bytes;
  if (hash.exists && (!query.exists || query.isNull)) {
    text = persisted.documentOf(hash.bytes);
    if (!text.exists) return hashUnknown(hash.bytes);
    known = text;
  } else if (!query.isString || text.isEmpty || !isUtf8(text)) return malformed();
  if (name.bytes.length > 1024) return malformed();
  if (text.length > limits.bytes) return exceeds('bytes', limits.bytes);
  if (persisted.exist && !known.exists) {
    const digest = hashOf(text);
    if (hash.exists && !hash.bytes.equalsBytes(digest)) return notPersisted();
    if (persisted.only && !persisted.has(digest)) return notPersisted();
  }
  return judge(text, name.bytes, variables, headers, isGet);
}

/** A client that can sends the text next: no use where nothing but what is listed runs. */
function hashUnknown(hash: Bytes): Decision {
  if (persisted.only && !persisted.has(hash)) return notPersisted();
  return refusal.of(404, 'GRAPHQL_HASH_UNKNOWN', 'The text of this operation is not known here.');
}

function judge(text: Bytes, name: Bytes, values: Json, headers: Headers, isGet: bool): Decision {
  const variables = new Variables(values, pageSizes);
  if (!variables.isBounded) return exceeds('variables', 256);
  const document = new Document(text, <i32>limits.tokens, pageSizes, variables);
  if (document.trouble != Trouble.None) return troubleOf(document);
  const operations = document.operations;
  if (operations.length == 0) return malformed();
  if (operations.length > limits.operations) return exceeds('operations', limits.operations);
  if (!document.hasOperation(name)) {
    return refusal.of(400, 'GRAPHQL_OPERATION', 'The operation to run is not named, or not there.');
  }
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
  return schema == null ? next() : againstSchema(text, name, headers);
}

function troubleOf(document: Document): Decision {
  switch (document.trouble) {
    case Trouble.Tokens:
      return exceeds('tokens', limits.tokens);
    case Trouble.Nesting:
      return exceeds('depth', limits.depth);
    case Trouble.PageSizeLimit:
      return exceeds('pageSize', limits.pageSize);
    case Trouble.PageSize:
      return refusal.of(400, 'GRAPHQL_PAGE_SIZE', 'How many items are asked for cannot be read.');
    case Trouble.Fragments:
      return refusal.of(400, 'GRAPHQL_FRAGMENTS', 'A fragment is missing, there twice, or part of a circle.');
    default: {
      const place = new JsonWriter().beginArray().beginObject().name('rule').text('Syntax').name('line');
      place.integer(document.line).name('column').integer(document.column).endObject().endArray();
      return refusal.of(400, 'GRAPHQL_SYNTAX', 'The operation is not GraphQL.', Json.parse(place.bytes));
    }
  }
}

function againstSchema(text: Bytes, name: Bytes, headers: Headers): Decision {
  const verdict = schema!.check(text, name);
  const message = verdict.message;
  if (!verdict.isValid) {
    const code = verdict.isNotGraphql ? 'GRAPHQL_SYNTAX' : 'GRAPHQL_MISMATCH';
    return refusal.of(400, code, 'The operation does not fit the schema.', message);
  }
  return permissions.exist && !permissions.allow(message, headers) ? forbidden() : next();
}
