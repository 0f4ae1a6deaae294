// The metrics of upstreams and their targets: names, helps and kinds. What a sample of them is, upstream-samples.ts knows.
import type { Sample } from './histogram.js';
import type { MetricKind, MetricRegistry } from './metric-registry.js';
import type { TargetSample, UpstreamSample } from './metric-sources.js';
import {
  connectionSamples,
  mergeUpstreams,
  outcomeSamples,
  redirectSamples,
  targetSamples,
  waitSamples,
} from './upstream-samples.js';

/** @param upstreams asked at each scrape */
export function registerUpstreams(registry: MetricRegistry, upstreams: () => Iterable<UpstreamSample>): void {
  const add = (
    name: string,
    help: string,
    kind: MetricKind,
    collect: (name: string, upstreams: readonly UpstreamSample[]) => Sample[],
  ): void => registry.register(name, help, kind, () => collect(name, mergeUpstreams(upstreams())));
  const target = (
    what: string,
    help: string,
    kind: MetricKind,
    value: (target: TargetSample) => number | boolean,
  ): void =>
    add(`sluice_upstream_target_${what}`, help, kind, (name, merged) => targetSamples(name, merged, value));

  add(
    'sluice_upstream_target_requests_total',
    'Attempts that ended, by target, and by class of the status or code of the failure.',
    'counter',
    outcomeSamples,
  );
  add(
    'sluice_upstream_first_byte_seconds',
    'From the request sent to a target to the head of its response.',
    'histogram',
    waitSamples,
  );
  target('healthy', '1 unless health checks fail.', 'gauge-min', ({ healthy }) => healthy);
  target('ejected', '1 while ejected for failures.', 'gauge-max', ({ ejected }) => ejected);
  target('active_requests', 'Requests that run now.', 'gauge', ({ active }) => active);
  target(
    'waiting_requests',
    'Of those, the ones that wait for a connection, as all are in use.',
    'gauge',
    ({ connections }) => connections.waiting,
  );
  target('consecutive_failures', 'Failures in a row.', 'gauge-max', ({ failures }) => failures);
  target('ejections_total', 'How often it was ejected.', 'counter', ({ tally }) => tally.ejections);
  target(
    'retries_total',
    'Attempts after the first one of a request, by the target that they went to.',
    'counter',
    ({ tally }) => tally.retries,
  );
  add(
    'sluice_upstream_target_connections',
    'Connections that are open or being opened, by whether a request is on them.',
    'gauge',
    connectionSamples,
  );
  target(
    'connects_total',
    'Connections that were made, but for those of health checks.',
    'counter',
    ({ tally }) => tally.connects,
  );
  target(
    'connect_failures_total',
    'Connections that could not be made, likewise.',
    'counter',
    ({ tally }) => tally.connectFailures,
  );
  add(
    'sluice_upstream_redirects_total',
    'Redirects of upstreams that follow them, by outcome.',
    'counter',
    redirectSamples,
  );
}
