// The built-in filter `validate`: only bodies that fit a schema reach the upstream. README.md describes every option.
import {
  Bytes,
  Decision,
  hasUniqueNames,
  Json,
  mediaParameter,
  mediaType,
  next,
  parseProblem,
  problemDocument,
  Request,
  refuse,
  respond,
  Schema,
  Verdict,
} from 'sluice';

const MOST_FINDINGS = 20;

let schema: Schema | null = null;
const contentTypes: Bytes[] = [];
let maxBodyBytes: i64 = i64.MAX_VALUE;
let mismatchStatus: i32 = 422;

export function configure(config: Json): void {
  const source = config.get('schema');
  if (!source.exists) return refuse(source.pointer, 'expected a JSON Schema');
  schema = Schema.compile(source.raw);
  if (schema == null) return refuse(source.pointer, Schema.problem);
  const types = config.get('contentTypes');
  for (let item = types.first(); item.exists; item = item.next()) {
    const type = mediaType(item.bytes);
    if (!item.isString || type.indexOfByte(0x2f) < 1)
      refuse(item.pointer, 'expected a media type such as application/json');
    contentTypes.push(type);
  }
  if (!types.exists) contentTypes.push(Bytes.from('application/json'));
  maxBodyBytes = config.get('maxBodyBytes').integer(maxBodyBytes);
  mismatchStatus = <i32>config.get('status').integer(mismatchStatus);
  if (mismatchStatus < 400 || mismatchStatus > 499) refuse('/status', 'expected a status from 400 to 499');
}

export function onRequest(request: Request): Decision {
  const body = request.body;
  if (body.isEmpty) return respond(400).problem('VALIDATE_EMPTY', 'The request must have a body.');
  if (!isAccepted(request)) {
    return respond(415).problem('VALIDATE_CONTENT_TYPE', 'The content type of the request is not accepted.');
  }
  if (body.length > maxBodyBytes)
    return respond(413).problem('VALIDATE_TOO_LARGE', 'The request body is too large.');
  if (!hasUniqueNames(body)) {
    return respond(400).problem(
      'VALIDATE_NOT_JSON',
      'The request body is not JSON: ' + parseProblem(body) + '.',
    );
  }
  const verdict = schema!.check(body);
  if (verdict.isValid) return next();
  if (verdict.isMismatch) return mismatch(verdict);
  return respond(400).problem('VALIDATE_NOT_JSON', 'The request body is not JSON.');
}

/** One content type, one of the accepted ones, in UTF-8: JSON has no other encoding (RFC 8259 §8.1). */
function isAccepted(request: Request): bool {
  const index = request.headers.find('content-type');
  if (index < 0 || request.headers.find('content-type', index + 1) >= 0) return false;
  const value = request.headers.valueAt(index);
  const charset = mediaParameter(value, 'charset');
  if (charset.exists && !charset.equalsIgnoreCase('utf-8')) return false;
  const type = mediaType(value);
  for (let i = 0; i < contentTypes.length; i++) if (contentTypes[i].equalsBytes(type)) return true;
  return false;
}

/** Names the place and the rule of each finding, never what stood there. */
function mismatch(verdict: Verdict): Decision {
  const answer = respond(mismatchStatus);
  const writer = problemDocument('VALIDATE_MISMATCH', 'The request body does not fit its schema.')
    .name('findings')
    .beginArray();
  let count = 0;
  for (
    let finding = verdict.findings.first();
    finding.exists && count < MOST_FINDINGS;
    finding = finding.next()
  ) {
    writer.beginObject();
    writer.name('pointer').raw(finding.get('pointer').raw);
    writer.name('rule').raw(finding.get('rule').raw);
    writer.name('message').raw(finding.get('message').raw);
    writer.endObject();
    count++;
  }
  return answer.problemJson(writer.endArray().endObject());
}
