// The built-in filter `sanitise`: what leaves the gateway is cleaned. README.md describes every option.
import {
  ABSENT,
  Bytes,
  Decision,
  Json,
  JsonEditor,
  JsonRules,
  next,
  Request,
  Response,
  respond,
} from 'sluice';
import { looksLikeJson } from './detect';
import { HeaderRules } from './header-rules';
import { readRules } from './redact-rules';

const PARTIAL_CONTENT = 206;

let headers: HeaderRules = new HeaderRules();
let rules: JsonRules | null = null;
let blocksInvalid: bool = true;
let replacesErrors: bool = false;

/** Headers that describe the bytes of a body, so they are wrong once the body has changed. */
const DIGESTS: string[] = ['content-md5', 'digest', 'content-digest', 'repr-digest'];

export function configure(config: Json): void {
  headers.read(config.get('headers'));
  const json = config.get('json');
  if (json.exists) rules = readRules(json);
  blocksInvalid = json.get('onInvalid').text('block') != 'pass';
  replacesErrors = config.get('errors').get('replace').bool();
}

export function onResponse(request: Request, response: Response): Decision {
  const body = response.body;
  if (replacesErrors && response.status >= 500 && body.exists) {
    return replaceError(response);
  }
  const active = rules;
  if (active != null && !body.isEmpty && looksLikeJson(response)) {
    // A piece of a document may be valid JSON by chance, with the name of the member cut off.
    const editor = new JsonEditor(active, response.status == PARTIAL_CONTENT ? ABSENT : body);
    if (!editor.run()) {
      if (blocksInvalid) return block(response);
    } else if (editor.count > 0) {
      replaceBody(response, editor.bytes);
    }
  }
  headers.apply(response);
  return next();
}

function replaceBody(response: Response, body: Bytes): void {
  response.setBody(body);
  for (let i = 0; i < DIGESTS.length; i++) {
    if (response.headers.has(DIGESTS[i])) response.headers.remove(DIGESTS[i]);
  }
}

function replaceError(response: Response): Decision {
  const answer = respond(response.status);
  const retryAfter = response.headers.get('retry-after');
  if (retryAfter.exists) answer.header('retry-after', retryAfter);
  headers.applySet(response);
  return answer.problem('SANITISE_UPSTREAM_ERROR', 'The service failed on this request.');
}

function block(response: Response): Decision {
  const answer = respond(502);
  headers.applySet(response);
  return answer.problem('SANITISE_UNREADABLE', 'The service answered with a body that cannot be cleaned.');
}
