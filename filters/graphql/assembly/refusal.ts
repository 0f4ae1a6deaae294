// What becomes of a request that is refused: an answer, or in mode `report` a line in the log and a count.
import {
  Bytes,
  BytesWriter,
  Decision,
  Json,
  JsonWriter,
  log,
  Metric,
  next,
  problemDocument,
  respond,
} from 'sluice';
import { Excess } from './limits';

const CODES: StaticArray<string> = [
  'GRAPHQL_METHOD',
  'GRAPHQL_CONTENT_TYPE',
  'GRAPHQL_REQUEST',
  'GRAPHQL_PARAMETERS',
  'GRAPHQL_SYNTAX',
  'GRAPHQL_LIMIT',
  'GRAPHQL_FRAGMENTS',
  'GRAPHQL_INTROSPECTION',
  'GRAPHQL_MISMATCH',
  'GRAPHQL_OPERATION',
  'GRAPHQL_PAGE_SIZE',
  'GRAPHQL_PERSISTED',
  'GRAPHQL_HASH_UNKNOWN',
  'GRAPHQL_FORBIDDEN',
];

/** Read in `configure`. */
@final
export class Refusal {
  /** Answers as GraphQL servers do, not with a problem document. */
  asErrors: bool = false;
  private counters: Metric[] = [];

  /** Nothing is refused, nothing changed. */
  get onlyReports(): bool {
    return this.counters.length > 0;
  }

  /** Reports from now on. Needs the capabilities `log` and `metrics`, and says so at load. */
  report(): void {
    log.debug('reports what it would refuse');
    for (let i = 0; i < CODES.length; i++) {
      const labels = ['code', CODES[i]];
      this.counters.push(Metric.counter('reported_total', 'What mode report let through.', labels));
    }
  }

  /** @param findings list of `rule`, `line` and `column`; missing where there is none */
  of(
    status: i32,
    code: string,
    detail: string,
    findings: Json | null = null,
    excess: Excess | null = null,
  ): Decision {
    if (this.onlyReports) {
      this.counters[CODES.indexOf(code)].record();
      const line = new BytesWriter().add('would answer ').add(status).byte(0x20).add(code);
      if (excess != null) line.byte(0x20).add(excess.limit);
      log.warn(line.bytes);
      return next();
    }
    const answer = respond(status);
    if (status == 405) answer.header('allow', 'GET, POST');
    if (this.asErrors) return answer.json(errors(code, detail, findings, excess));
    const writer = problemDocument(code, detail);
    if (excess != null) writer.name('limit').text(excess.limit).name('most').integer(excess.most);
    if (findings != null) writer.name('findings').raw(findings.raw);
    return answer.problemJson(writer.endObject());
  }
}

/** The shape of GraphQL §7.1.2. Clients send the text of an operation after the error that servers of persisted queries have. */
function errors(code: string, detail: string, findings: Json | null, excess: Excess | null): Bytes {
  const writer = new JsonWriter().beginObject().name('errors').beginArray().beginObject();
  const isHashUnknown = code == 'GRAPHQL_HASH_UNKNOWN';
  writer.name('message').text(isHashUnknown ? 'PersistedQueryNotFound' : detail);
  if (findings != null) {
    writer.name('locations').beginArray();
    for (let finding = findings.first(); finding.exists; finding = finding.next()) {
      writer.beginObject().name('line').raw(finding.get('line').raw);
      writer.name('column').raw(finding.get('column').raw).endObject();
    }
    writer.endArray();
  }
  writer
    .name('extensions')
    .beginObject()
    .name('code')
    .text(isHashUnknown ? 'PERSISTED_QUERY_NOT_FOUND' : code);
  if (excess != null) writer.name('limit').text(excess.limit).name('most').integer(excess.most);
  return writer.endObject().endObject().endArray().endObject().bytes;
}
