// What a scrape shows of upstreams and their targets.
import { type Sample, sampleOf } from './histogram.js';
import {
  REDIRECT_OUTCOMES,
  type RedirectOutcome,
  type TargetSample,
  type UpstreamSample,
} from './metric-sources.js';

/** One sample for each target. */
export function targetSamples(
  name: string,
  upstreams: Iterable<UpstreamSample>,
  value: (target: TargetSample) => number | boolean,
): Sample[] {
  const samples: Sample[] = [];
  for (const upstream of upstreams) {
    for (const target of upstream.targets) {
      const labels = { upstream: upstream.name, target: target.url };
      samples.push(sampleOf(name, Number(value(target)), labels));
    }
  }
  return samples;
}

/** Summed up, because an upstream lives twice while the exchanges of an older revision end. */
export function redirectSamples(name: string, upstreams: Iterable<UpstreamSample>): Sample[] {
  const sums = new Map<string, Record<RedirectOutcome, number>>();
  for (const { name: upstream, redirects } of upstreams) {
    if (redirects === null) continue;
    const sum = sums.get(upstream) ?? { followed: 0, passed: 0, refused: 0 };
    for (const outcome of REDIRECT_OUTCOMES) sum[outcome] += redirects[outcome];
    sums.set(upstream, sum);
  }
  return Array.from(sums, ([upstream, sum]) =>
    REDIRECT_OUTCOMES.map((outcome) => sampleOf(name, sum[outcome], { upstream, outcome })),
  ).flat();
}
