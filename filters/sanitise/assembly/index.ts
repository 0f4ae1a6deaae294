// The built-in filter `sanitise`: what leaves the gateway is cleaned. README.md describes every option.
import {
  ABSENT,
  Decision,
  Json,
  JsonAction,
  JsonEditor,
  JsonRules,
  next,
  refuse,
  Request,
  Response,
  respond,
} from 'sluice';
import { isReadable, looksLikeJson, looksLikeText } from './body-type';
import { CookieRules } from './cookie-rules';
import { Detections } from './detections';
import { HeaderRules } from './header-rules';
import { Pseudonyms } from './pseudonym';
import { LOOK, readRules } from './redact-rules';

const PARTIAL_CONTENT = 206;

const headers: HeaderRules = new HeaderRules();
const cookies: CookieRules = new CookieRules();
const pseudonyms: Pseudonyms = new Pseudonyms();
const detections: Detections = new Detections(pseudonyms);
let rules: JsonRules | null = null;
let blocksInvalid: bool = true;
let replacesErrors: bool = false;

export function configure(config: Json): void {
  headers.read(config.get('headers'));
  cookies.read(config.get('cookies'));
  pseudonyms.read(config.get('hashSecret'));
  detections.read(config.get('detect'));
  const json = config.get('json');
  if (json.exists || !detections.isEmpty) {
    const read = readRules(json, pseudonyms);
    if (!detections.isEmpty) read.addScalars(JsonAction.ask(LOOK));
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
  if (rules != null && !body.isEmpty && !cleanBody(response) && blocksInvalid) return block(response);
  headers.apply(response.headers);
  cookies.apply(response.headers);
  return next();
}

/** False when the body is one that should be cleaned and cannot be. */
function cleanBody(response: Response): bool {
  if (looksLikeJson(response)) return cleanJson(response);
  return detections.isEmpty || !looksLikeText(response) || cleanText(response);
}

function cleanJson(response: Response): bool {
  // A piece of a document may be valid JSON by chance, with the name of the member cut off.
  const editor = new JsonEditor(rules!, response.status == PARTIAL_CONTENT ? ABSENT : response.body);
  detections.reset();
  while (editor.next()) {
    if (editor.tag == LOOK) detections.inJson(editor);
    else hash(editor);
  }
  if (editor.count > 0 && editor.isValid) response.setBody(editor.bytes);
  return editor.isValid;
}

/** Puts a pseudonym in place of a value: of the content of a string, of the text of anything else. */
function hash(editor: JsonEditor): void {
  const value = editor.value;
  if (value.exists) editor.replaceText(pseudonyms.of(value.isString ? value.bytes : value.raw));
}

function cleanText(response: Response): bool {
  if (!isReadable(response)) return false;
  detections.reset();
  const cleaned = detections.inText(response.body);
  if (cleaned.exists) response.setBody(cleaned);
  return true;
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
