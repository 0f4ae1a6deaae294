// What becomes of a message that does not fit: an answer, or in mode `report` a line in the log and a count.
import { Bytes, BytesWriter, Decision, log, Metric, next, problemDocument, respond } from 'sluice';
import { Findings } from './findings';

const MOST_LOGGED = 500;

/** Read in `configure`. */
@final
export class Refusal {
  // One for each code, in mode `report` only: what enforces needs neither log nor metrics.
  private counters: Metric[] = [];

  /** @param codes all that `of` may be given */
  constructor(private readonly codes: StaticArray<string>) {}

  /** Whether messages are left as they came. */
  get isReport(): bool {
    return this.counters.length > 0;
  }

  /** Reports from now on. Needs the capabilities `log` and `metrics`, and says so at load. */
  report(): void {
    log.debug('reports what it would refuse');
    for (let i = 0; i < this.codes.length; i++) {
      const labels = ['code', this.codes[i]];
      this.counters.push(Metric.counter('reported_total', 'What mode report let through.', labels));
    }
  }

  /** @param findings null where there is no place to name */
  of(status: i32, code: string, detail: string, findings: Findings | null = null): Decision {
    if (this.isReport) {
      this.counters[this.codes.indexOf(code)].record();
      const line = new BytesWriter().add('would answer ').add(status).byte(0x20).add(code);
      if (findings != null) line.byte(0x20).add(shown(findings.first));
      log.warn(line.bytes);
      return next();
    }
    const answer = respond(status);
    const writer = problemDocument(code, detail);
    if (findings != null) writer.name('findings').raw(findings.json);
    return answer.problemJson(writer.endObject());
  }
}

/** A pointer may have names that a client chose, so it is not shown at any length. */
function shown(finding: Bytes): Bytes {
  if (finding.length <= MOST_LOGGED) return finding;
  let end = MOST_LOGGED;
  while ((finding[end] & 0xc0) == 0x80) end--;
  return finding.slice(0, end);
}
