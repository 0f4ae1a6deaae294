// The built-in filter `sanitise`: what leaves the gateway is cleaned. README.md describes every option.
import { Chunk, Decision, Json, next, Request, Response, respond, stop } from 'sluice';
import { BodyCleaner } from './body-cleaner';
import { BodyStream } from './body-stream';
import { CookieRules } from './cookie-rules';
import { ErrorRules } from './error-rules';
import { HeaderRules } from './header-rules';
import { Report } from './report';
import { RequestRules } from './request/request-rules';

const headers: HeaderRules = new HeaderRules();
const cookies: CookieRules = new CookieRules();
const bodies: BodyCleaner = new BodyCleaner();
const errors: ErrorRules = new ErrorRules();
const requests: RequestRules = new RequestRules();
let blocksInvalid: bool = true;
let report: Report | null = null;
let bodyStream: BodyStream | null = null;

export function configure(config: Json): void {
  headers.read(config.get('headers'));
  cookies.read(config.get('cookies'));
  bodies.read(config);
  const stream = config.get('stream');
  errors.read(config.get('errors'), stream.exists);
  if (stream.exists) bodyStream = bodies.streamed(stream, config.get('json'));
  blocksInvalid = config.get('json').get('onInvalid').text('block') != 'pass';
  requests.read(config.get('request'));
  if (config.get('mode').bytes.equals('report')) report = new Report();
}

export function onRequest(request: Request): Decision {
  const reporting = report;
  const finding = requests.clean(request, reporting == null);
  if (reporting == null) return finding == null ? next() : finding.refusal();
  if (finding != null) reporting.refused(finding);
  else if (requests.stripped > 0) reporting.stripped(requests.stripped);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  const reporting = report;
  if (reporting != null) return look(reporting, response);
  if (errors.hides(response)) {
    if (errors.isLogged) errors.record(response, bodies.clean(response));
    const answer = errors.answer(response);
    headers.applyOwn(response.headers);
    return answer;
  }
  if (response.bodyFollows) {
    if (!bodyStream!.begin(response)) {
      if (blocksInvalid) return block(response);
      response.passBody();
    }
    return dressed(response);
  }
  const cleaned = bodies.clean(response);
  if (bodies.count > 0) response.setBody(cleaned);
  else if (!cleaned.exists && response.body.exists && blocksInvalid) return block(response);
  return dressed(response);
}

export function onResponseBody(request: Request, response: Response, chunk: Chunk): Decision {
  const stream = bodyStream!;
  const reporting = report;
  if (stream.take(response, chunk, reporting == null)) {
    if (reporting != null && chunk.isLast && stream.count > 0) reporting.cleaned(stream.count);
    return next();
  }
  if (reporting != null) reporting.unreadable();
  else if (blocksInvalid) return stop('a body that cannot be cleaned');
  chunk.pass();
  return next();
}

/** With its headers as they are to be. */
function dressed(response: Response): Decision {
  headers.apply(response.headers);
  cookies.apply(response.headers);
  return next();
}

/** Does nothing but say what would be done. */
function look(reporting: Report, response: Response): Decision {
  if (errors.hides(response)) {
    reporting.error(response.status);
    if (response.bodyFollows) response.passBody();
    return next();
  }
  if (response.bodyFollows) {
    if (bodyStream!.begin(response)) return next();
    reporting.unreadable();
    response.passBody();
    return next();
  }
  const cleaned = bodies.clean(response);
  if (bodies.count > 0) reporting.cleaned(bodies.count);
  else if (!cleaned.exists && response.body.exists && blocksInvalid) reporting.unreadable();
  return next();
}

function block(response: Response): Decision {
  const answer = respond(502);
  headers.applyOwn(response.headers);
  return answer.problem('SANITISE_UNREADABLE', 'The service answered with a body that cannot be cleaned.');
}
