// The rules of bench/harness/job.ts by method and path.
import { Bytes, JsonAction, JsonEditor, JsonRules } from 'sluice';
import { CLEANED, VALIDATED } from './streams';

export const REFUSED: i32 = -1;

const POST = Bytes.from('POST');
const GET = Bytes.from('GET');
const POLICED = Bytes.from('/policed');
const FILTERED = Bytes.from('/filtered');
const READ = Bytes.from('/read');

const SECRETS = secrets();

function secrets(): JsonRules {
  const rules = new JsonRules();
  const redacted = JsonAction.replace(Bytes.from('"[redacted]"'));
  rules.addName(Bytes.from('passwordHash'), redacted);
  rules.addName(Bytes.from('cvv'), redacted);
  rules.addPointer('/card/number', redacted);
  rules.compile();
  return rules;
}

/** What is to be done with an exchange: flags of a stream, or `REFUSED`. */
export function rulesOf(method: Bytes, target: Bytes): i32 {
  const query = target.indexOfByte(0x3f);
  const path = query < 0 ? target : target.slice(0, query);
  if (method.equalsBytes(GET)) return path.equalsBytes(READ) ? CLEANED : REFUSED;
  if (!method.equalsBytes(POST)) return REFUSED;
  if (path.equalsBytes(POLICED)) return 0;
  return path.equalsBytes(FILTERED) ? VALIDATED | CLEANED : REFUSED;
}

/** The document without its secrets; absent when it is no JSON. */
export function cleaned(document: Bytes): Bytes {
  const editor = new JsonEditor(SECRETS, document);
  editor.run();
  return editor.bytes;
}
