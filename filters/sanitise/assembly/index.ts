// The built-in filter `sanitise`: what leaves the gateway is cleaned. README.md describes every option.
import {
  ABSENT,
  Decision,
  Json,
  JsonEditor,
  JsonRules,
  next,
  refuse,
  Request,
  Response,
  respond,
} from 'sluice';
import { CookieRules } from './cookie-rules';
import { looksLikeJson } from './detect';
import { HeaderRules } from './header-rules';
import { Pseudonyms } from './pseudonym';
import { readRules } from './redact-rules';

const PARTIAL_CONTENT = 206;

const headers: HeaderRules = new HeaderRules();
const cookies: CookieRules = new CookieRules();
const pseudonyms: Pseudonyms = new Pseudonyms();
let rules: JsonRules | null = null;
let blocksInvalid: bool = true;
let replacesErrors: bool = false;

export function configure(config: Json): void {
  headers.read(config.get('headers'));
  cookies.read(config.get('cookies'));
  const json = config.get('json');
  pseudonyms.read(config.get('hashSecret'));
  if (json.exists) {
    const read = readRules(json, pseudonyms);
    const paths = json.get('paths');
    const pointers = paths.exists ? paths : json.get('rules');
    if (!read.compile()) refuse(pointers.pointer, 'these pointers overlap in too many ways');
    rules = read;
  }
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
    redact(editor);
    if (!editor.isValid) {
      if (blocksInvalid) return block(response);
    } else if (editor.count > 0) {
      response.setBody(editor.bytes);
    }
  }
  headers.apply(response.headers);
  cookies.apply(response.headers);
  return next();
}

/** Walks to the end, and makes pseudonyms where the rules want them: of the content of strings, of the text of all else. */
function redact(editor: JsonEditor): void {
  while (editor.next()) {
    const value = editor.value;
    if (!value.exists) return;
    editor.replaceText(pseudonyms.of(value.isString ? value.bytes : value.raw));
  }
}

function replaceError(response: Response): Decision {
  const answer = respond(response.status);
  const retryAfter = response.headers.get('retry-after');
  if (retryAfter.exists) answer.header('retry-after', retryAfter);
  headers.applyOwn(response.headers);
  return answer.problem('SANITISE_UPSTREAM_ERROR', 'The service failed on this request.');
}

function block(response: Response): Decision {
  const answer = respond(502);
  headers.applyOwn(response.headers);
  return answer.problem('SANITISE_UNREADABLE', 'The service answered with a body that cannot be cleaned.');
}
