// The built-in filter `sanitise`: what leaves the gateway is cleaned. README.md describes every option.
import { Decision, Json, next, Request, Response, respond } from 'sluice';
import { BodyCleaner } from './body-cleaner';
import { CookieRules } from './cookie-rules';
import { ErrorRules } from './error-rules';
import { HeaderRules } from './header-rules';
import { Report } from './report';

const headers: HeaderRules = new HeaderRules();
const cookies: CookieRules = new CookieRules();
const bodies: BodyCleaner = new BodyCleaner();
const errors: ErrorRules = new ErrorRules();
let blocksInvalid: bool = true;
let report: Report | null = null;

export function configure(config: Json): void {
  headers.read(config.get('headers'));
  cookies.read(config.get('cookies'));
  bodies.read(config);
  errors.read(config.get('errors'));
  blocksInvalid = config.get('json').get('onInvalid').text('block') != 'pass';
  if (config.get('mode').bytes.equals('report')) report = new Report();
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
  const cleaned = bodies.clean(response);
  if (bodies.count > 0) response.setBody(cleaned);
  else if (!cleaned.exists && response.body.exists && blocksInvalid) return block(response);
  headers.apply(response.headers);
  cookies.apply(response.headers);
  return next();
}

/** Does nothing but say what would be done. */
function look(reporting: Report, response: Response): Decision {
  if (errors.hides(response)) {
    reporting.error(response.status);
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
