// The built-in filter `policy`: default deny. README.md describes every option.
import {
  Decision,
  Json,
  log,
  Metric,
  next,
  PathReading,
  PathSegments,
  Request,
  refuse,
  respond,
} from 'sluice';
import { Rule } from './rule';

const rules: Rule[] = [];
let denyStatus: i32 = 403;
let denyDetail: string = 'This request is not allowed.';
// In mode `report` only: what enforces needs neither log nor metrics.
let reported: Metric | null = null;

export function configure(config: Json): void {
  const list = config.get('rules');
  if (!list.isArray) return refuse(list.pointer, 'expected a list of rules');
  for (let item = list.first(); item.exists; item = item.next()) rules.push(Rule.read(item));
  const deny = config.get('deny');
  denyStatus = <i32>deny.get('status').integer(denyStatus);
  denyDetail = deny.get('detail').text(denyDetail);
  if (denyStatus < 400 || denyStatus > 499)
    refuse(deny.get('status').pointer, 'expected a status from 400 to 499');
  if (config.get('mode').text('enforce') == 'report') {
    // Without the grant this refuses the load, and not the first request.
    log.debug('reports what it would deny');
    reported = Metric.counter('reported_total', 'What mode report let through.');
  }
}

export function onRequest(request: Request): Decision {
  const path = PathSegments.parse(request.path, PathReading.Tolerant);
  if (path != null) {
    for (let i = 0; i < rules.length; i++) if (rules[i].fits(request, path)) return next();
  }
  const counter = reported;
  if (counter == null) return respond(denyStatus).problem('POLICY_DENIED', denyDetail);
  counter.record();
  log.warn('would answer ' + denyStatus.toString() + ' POLICY_DENIED');
  return next();
}
