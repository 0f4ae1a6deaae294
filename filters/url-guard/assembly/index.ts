// The built-in filter `url-guard`: URLs that a request names lead to allowed places only. README.md describes every
// option.
import {
  BytesWriter,
  Decision,
  isFramingHeader,
  isToken,
  Json,
  log,
  Metric,
  next,
  problemDocument,
  Request,
  refuse,
  respond,
} from 'sluice';
import { AllowList } from './allow-list';
import { BodyGuard } from './body-guard';
import { Finding, Place, REASONS, Reason, reasonCode, reasonText } from './finding';
import { HeaderGuard } from './header-guard';
import { Judge } from './judge';
import { ParameterGuard } from './parameter-guard';
import { Splices } from './splices';

const UNSUPPORTED_MEDIA_TYPE = 415;
const SPACE: u8 = 0x20;

const query = new ParameterGuard(Place.Query);
const headers = new HeaderGuard();
const body = new BodyGuard();
/** In mode `report` only, by reason, without that for `None`: what enforces needs neither log nor metrics. */
const counters: Metric[] = [];
let judge: Judge = new Judge(new AllowList(), false);
let reports: bool = false;
let refusalStatus: i32 = 400;

export function configure(config: Json): void {
  const fields = config.get('fields');
  const scan = config.get('scan');
  if (!fields.first().exists && !scan.first().exists)
    refuse('', 'expected fields or scan: there is nothing to guard');
  for (let item = fields.first(); item.exists; item = item.next()) readField(item);
  for (let item = scan.first(); item.exists; item = item.next()) readScan(item);
  judge = new Judge(AllowList.read(config.get('allow')), config.get('rewrite').bool());
  reports = config.get('mode').text('enforce') == 'report';
  refusalStatus = <i32>config.get('status').integer(refusalStatus);
  if (refusalStatus < 400 || refusalStatus > 499) refuse('/status', 'expected a status from 400 to 499');
  if (reports) beginReports();
}

export function onRequest(request: Request): Decision {
  judge.begin();
  const queryEdits = new Splices(request.query);
  const bodyEdits = new Splices(request.body);
  let finding = query.check(request.query, judge, queryEdits);
  if (finding == null) finding = headers.check(request.headers, judge);
  if (finding == null) finding = body.check(request, judge, bodyEdits);
  if (finding != null) return reports ? report(finding) : refuseRequest(finding);
  if (judge.rewrites && !reports) {
    if (!queryEdits.isEmpty) request.setQuery(queryEdits.result);
    headers.rewrite(request.headers, judge);
    if (!bodyEdits.isEmpty) body.rewrite(request, bodyEdits.result);
  }
  return next();
}

function refuseRequest(finding: Finding): Decision {
  const answer = respond(statusOf(finding));
  const problem = problemDocument(reasonCode(finding.reason), reasonText(finding.reason))
    .name('in')
    .text(finding.placeName);
  if (!finding.field.isEmpty) problem.name('field').textBytes(finding.field);
  return answer.problemJson(problem.endObject());
}

function report(finding: Finding): Decision {
  counters[finding.reason - 1].record();
  const line = new BytesWriter().add('would answer ').add(statusOf(finding)).byte(SPACE);
  line.add(reasonCode(finding.reason)).byte(SPACE).add(finding.placeName);
  if (!finding.field.isEmpty) line.byte(SPACE).add(finding.field);
  log.warn(line.bytes);
  return next();
}

function statusOf(finding: Finding): i32 {
  return finding.reason == Reason.ContentType ? UNSUPPORTED_MEDIA_TYPE : refusalStatus;
}

function readField(item: Json): void {
  const required = item.get('required').bool();
  if (item.size - (item.get('required').exists ? 1 : 0) != 1) {
    return refuse(item.pointer, 'expected one of query, header, form and json');
  }
  for (let member = item.first(); member.exists; member = member.next()) {
    const kind = member.name;
    const value = member.bytes;
    if (kind.equals('required')) continue;
    if (!member.isString) refuse(member.pointer, 'expected a string');
    else if (kind.equals('query')) query.add(value, required);
    else if (kind.equals('form')) body.form.add(value, required);
    else if (kind.equals('header')) readHeader(member, required);
    else if (kind.equals('json')) readPointer(member, required);
    else refuse(member.pointer, 'expected query, header, form or json');
  }
}

function readHeader(member: Json, required: bool): void {
  const name = member.bytes.toLowerCase();
  if (!isToken(name)) refuse(member.pointer, 'not a header name');
  if (isFramingHeader(name)) refuse(member.pointer, 'filters do not see this header');
  headers.add(name, required);
}

function readPointer(member: Json, required: bool): void {
  if (required && member.text().split('/').includes('*')) {
    refuse(member.pointer, 'a pointer with * in it cannot be required');
  }
  const pointers = body.json.pointers;
  if (pointers.isFull) return refuse(member.pointer, 'expected at most 64 pointers');
  if (!pointers.add(member.bytes, required))
    refuse(member.pointer, 'expected a JSON Pointer such as /hooks/*/url');
}

function readScan(item: Json): void {
  const place = item.text();
  if (place == 'query') query.scans = true;
  else if (place == 'form') body.form.scans = true;
  else if (place == 'json') body.json.scans = true;
  else refuse(item.pointer, 'expected query, form or json');
}

function beginReports(): void {
  // Without the grant this refuses the load, and not the first request.
  log.debug('reports what it would refuse');
  for (let reason = 1; reason < REASONS; reason++) {
    counters.push(
      Metric.counter('reported_total', 'What mode report let through.', ['code', reasonCode(reason)]),
    );
  }
}
