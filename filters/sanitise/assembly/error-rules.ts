// Which bodies of errors are not for clients, and what stands in their place.
import { Answer, Bytes, Json, log, Response, refuse, respond } from 'sluice';
import { LEAK_NAMES, LeakFinder } from './detect/leak';
import { ErrorLog } from './error-log';

const LEAST_ERROR = 400;
const LEAST_SERVER_ERROR = 500;

export class ErrorRules {
  private replacesAll: bool = false;
  private readonly leaks: LeakFinder = new LeakFinder();
  private errorLog: ErrorLog | null = null;

  /** Reads `{ replace, leaks, log }`; in `configure`. Fails the load when `log` is not granted and asked for. */
  read(config: Json, isStreaming: bool): void {
    this.replacesAll = config.get('replace').bool();
    const leaks = config.get('leaks');
    if (isStreaming && leaks.first().exists)
      refuse(leaks.pointer, 'a body that streams is gone before anybody could tell what it gives away');
    for (let item = leaks.first(); item.exists; item = item.next()) {
      const kind = LEAK_NAMES.indexOf(item.text());
      if (kind < 0) refuse(item.pointer, 'expected one of ' + LEAK_NAMES.join(', '));
      else this.leaks.add(kind);
    }
    if (!config.get('log').bool()) return;
    if (isStreaming)
      refuse(config.get('log').pointer, 'a body that streams is gone before anybody could log it');
    log.debug('what clients do not see of errors goes to the log');
    this.errorLog = new ErrorLog();
  }

  /** Whether `record` writes anything. */
  get isLogged(): bool {
    return this.errorLog != null;
  }

  /** Whether the body is not for clients. */
  hides(response: Response): bool {
    const status = response.status;
    if (status < LEAST_ERROR || !(response.body.exists || response.bodyFollows)) return false;
    if (status >= LEAST_SERVER_ERROR && this.replacesAll) return true;
    return !this.leaks.isEmpty && this.leaks.finds(response.body);
  }

  /**
   * Writes what clients do not see to the log.
   * @param cleaned the body without what the config redacts; absent when that cannot be told
   */
  record(response: Response, cleaned: Bytes): void {
    const errorLog = this.errorLog;
    if (errorLog != null) errorLog.write(response.status, cleaned);
  }

  /** The neutral document. What tells clients how to go on is kept. */
  answer(response: Response): Answer {
    const status = response.status;
    const answer = respond(status);
    keep(answer, response, 'retry-after');
    keep(answer, response, 'www-authenticate');
    keep(answer, response, 'allow');
    const detail =
      status < LEAST_SERVER_ERROR
        ? 'The service refused this request.'
        : 'The service failed on this request.';
    return answer.problem('SANITISE_UPSTREAM_ERROR', detail);
  }
}

function keep(answer: Answer, response: Response, name: string): void {
  const headers = response.headers;
  for (let at = headers.find(name); at >= 0; at = headers.find(name, at + 1))
    answer.addHeader(name, headers.valueAt(at));
}
