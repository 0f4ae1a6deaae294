// What a scrape shows of upstreams and their targets.
import { collectBuckets, type Sample, sampleOf } from './histogram.js';
import {
  REDIRECT_OUTCOMES,
  type TargetCounts,
  type TargetSample,
  type UpstreamSample,
} from './metric-sources.js';

/** Class of a status by its first digit. */
const STATUS_CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/**
 * Makes one of those that have the same name: an upstream lives twice while the exchanges of an older revision end. What happens
 * now is added up, of verdicts those of the last one count, and what was counted before is the same object in both.
 */
export function mergeUpstreams(upstreams: Iterable<UpstreamSample>): UpstreamSample[] {
  const merged = new Map<string, UpstreamSample>();
  for (const upstream of upstreams) {
    const { name } = upstream;
    const before = merged.get(name);
    merged.set(name, before === undefined ? upstream : mergeTwo(before, upstream));
  }
  return [...merged.values()];
}

/** One sample for each target. */
export function targetSamples(
  name: string,
  upstreams: Iterable<UpstreamSample>,
  value: (target: TargetSample) => number | boolean,
): Sample[] {
  return Array.from(targetsOf(upstreams), ({ target, labels }) =>
    sampleOf(name, Number(value(target)), labels),
  );
}

/** By status class, or code of the failure; only outcomes that there were. */
export function outcomeSamples(name: string, upstreams: Iterable<UpstreamSample>): Sample[] {
  const samples: Sample[] = [];
  for (const { target, labels } of targetsOf(upstreams)) {
    for (const [outcome, value] of outcomesOf(target.tally))
      samples.push(sampleOf(name, value, { ...labels, outcome }));
  }
  return samples;
}

/** Those that carry a request, or are being opened for one, and those that do not. */
export function connectionSamples(name: string, upstreams: Iterable<UpstreamSample>): Sample[] {
  return Array.from(targetsOf(upstreams), ({ target, labels }) => {
    const { open, idle } = target.connections;
    return [
      sampleOf(name, open - idle, { ...labels, state: 'active' }),
      sampleOf(name, idle, { ...labels, state: 'idle' }),
    ];
  }).flat();
}

export function waitSamples(name: string, upstreams: Iterable<UpstreamSample>): Sample[] {
  const samples: Sample[] = [];
  for (const { name: upstream, waits } of upstreams) {
    const bounds = Array.from(waits.boundsMs, (ms) => ms / 1000);
    const buckets = { bounds, counts: waits.counts, sum: waits.sumMs / 1000 };
    collectBuckets(name, { upstream }, buckets, samples);
  }
  return samples;
}

export function redirectSamples(name: string, upstreams: Iterable<UpstreamSample>): Sample[] {
  return Array.from(upstreams, ({ name: upstream, redirects }) =>
    redirects === null
      ? []
      : REDIRECT_OUTCOMES.map((outcome) => sampleOf(name, redirects[outcome], { upstream, outcome })),
  ).flat();
}

function* targetsOf(upstreams: Iterable<UpstreamSample>) {
  for (const { name: upstream, targets } of upstreams)
    for (const target of targets) yield { target, labels: { upstream, target: target.url } };
}

function outcomesOf({ statuses, failures }: TargetCounts): (readonly [string, number])[] {
  const answers = STATUS_CLASSES.map((name, digit) => [name, statuses[digit]!] as const);
  return [...answers.filter(([, count]) => count > 0), ...(failures ?? [])];
}

function mergeTwo(before: UpstreamSample, after: UpstreamSample): UpstreamSample {
  const targets = new Map(before.targets.map((target) => [target.url, target]));
  for (const target of after.targets) {
    const older = targets.get(target.url);
    targets.set(target.url, older === undefined ? target : mergeTargets(older, target));
  }
  return {
    ...after,
    targets: [...targets.values()],
    redirects: after.redirects ?? before.redirects,
  };
}

function mergeTargets(before: TargetSample, after: TargetSample): TargetSample {
  const [older, newer] = [before.connections, after.connections];
  return {
    ...after,
    active: before.active + after.active,
    connections: {
      open: older.open + newer.open,
      idle: older.idle + newer.idle,
      waiting: older.waiting + newer.waiting,
    },
  };
}
