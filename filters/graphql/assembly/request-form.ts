// How a GraphQL request comes: JSON in a body, or parameters in the URL. What a server could read in another way is none.
import {
  ABSENT,
  Bytes,
  Headers,
  hasUniqueNames,
  isUtf8,
  Json,
  JsonWriter,
  MediaParameters,
  mediaType,
  Request,
} from 'sluice';

/** Parameters that some server takes for the operation, or for the name of one it knows. */
const OPERATION_NAMES: StaticArray<string> = [
  'documentid',
  'document_id',
  'docid',
  'doc_id',
  'hash',
  'id',
  'persistedquery',
  'queryid',
  'query_id',
  'sha256hash',
];

/** Whether it is a member of a request as GraphQL over HTTP has them. */
export function isMember(name: Bytes): bool {
  return (
    name.equals('query') ||
    name.equals('operationName') ||
    name.equals('variables') ||
    name.equals('extensions')
  );
}

/** One content type, application/json, in UTF-8; not compressed, not in parts. */
export function isPlainJson(headers: Headers): bool {
  const index = headers.find('content-type');
  if (index < 0 || headers.find('content-type', index + 1) >= 0) return false;
  if (headers.has('content-encoding') && !isIdentity(headers)) return false;
  const value = headers.valueAt(index);
  const parameters = new MediaParameters(value);
  while (parameters.next()) {
    const isCharset = parameters.name.equalsIgnoreCase('charset');
    if (isCharset && !parameters.value.equalsIgnoreCase('utf-8')) return false;
  }
  return parameters.isValid && mediaType(value).equals('application/json');
}

function isIdentity(headers: Headers): bool {
  for (let at = headers.find('content-encoding'); at >= 0; at = headers.find('content-encoding', at + 1)) {
    if (!headers.valueAt(at).equalsIgnoreCase('identity')) return false;
  }
  return true;
}

/** Whether the URL of a POST has what some servers would run, or merge into what the body says. */
export function namesOperation(request: Request): bool {
  // Some servers split there.
  if (request.query.indexOfByte(0x3b) >= 0) return true;
  const parameters = request.parameters;
  while (parameters.next()) if (!parameters.name.exists || isLikeMember(parameters.name)) return true;
  return false;
}

/** `query[0]` and `Query` are `query` to some readers. */
function isLikeMember(name: Bytes): bool {
  const bracket = name.indexOfByte(0x5b);
  const stem = (bracket < 0 ? name : name.slice(0, bracket)).trim().toLowerCase();
  if (stem.equals('query') || stem.equals('variables') || stem.equals('extensions')) return true;
  if (stem.equals('operationname') || stem.equals('operation_name')) return true;
  for (let i = 0; i < OPERATION_NAMES.length; i++) if (stem.equals(OPERATION_NAMES[i])) return true;
  return false;
}

/** The parameters of a GET as the body that a POST would have; absent when they are no request. */
export function bodyOfQuery(request: Request): Bytes {
  if (!request.body.isEmpty || request.query.indexOfByte(0x3b) >= 0) return ABSENT;
  const writer = new JsonWriter().beginObject();
  const parameters = request.parameters;
  while (parameters.next()) {
    const name = parameters.name;
    if (!name.exists) return ABSENT;
    if (!isMember(name)) {
      if (isLikeMember(name)) return ABSENT;
      continue;
    }
    const value = parameters.value;
    if (!value.exists || !isUtf8(value)) return ABSENT;
    writer.name(name.toString());
    if (name.equals('query') || name.equals('operationName')) writer.textBytes(value);
    else if (Json.parse(value).exists) writer.raw(value);
    else return ABSENT;
  }
  const body = writer.endObject().bytes;
  return hasUniqueNames(body) ? body : ABSENT;
}

/** The call with the text of its operation in it. */
export function withText(call: Json, text: Bytes): Bytes {
  const writer = new JsonWriter().beginObject().name('query').textBytes(text);
  for (let member = call.first(); member.exists; member = member.next()) {
    if (!member.name.equals('query')) writer.name(member.name.toString()).raw(member.raw);
  }
  return writer.endObject().bytes;
}
