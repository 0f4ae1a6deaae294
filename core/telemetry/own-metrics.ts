// Metrics that filters define, under the headings that /metrics shows them with. Prints nothing: metrics.ts does.
import { collectBuckets, type Sample, sampleOf } from './histogram.js';

type Labels = Readonly<Record<string, string>>;

/** A metric that a filter defined, at one moment. */
export interface OwnMetricSample {
  /** Of the filter in the config. */
  readonly filter: string;
  /** Of the module in its manifest. */
  readonly module: string;
  readonly definition: {
    readonly kind: 'counter' | 'gauge' | 'histogram';
    readonly name: string;
    readonly help: string;
    readonly labels: Labels;
    readonly bounds: readonly number[];
  };
  /** Of a histogram: the sum of what was observed. */
  readonly value: number;
  /** Of a histogram: observations by bucket. */
  readonly buckets: readonly number[];
}

/** What stands under one heading. */
export interface OwnMetricGroup {
  readonly name: string;
  readonly help: string;
  readonly kind: OwnMetricSample['definition']['kind'];
  readonly samples: readonly Sample[];
}

/** Gathers metrics of one name; where filters disagree on its kind, the first one counts and others are left out. */
export function groupOwnMetrics(metrics: Iterable<OwnMetricSample>): OwnMetricGroup[] {
  const groups = new Map<string, { help: string; kind: OwnMetricGroup['kind']; samples: Sample[] }>();
  for (const metric of metrics) {
    const name = ownName(metric);
    const { kind, help } = metric.definition;
    const group = groups.get(name) ?? { help, kind, samples: [] };
    groups.set(name, group);
    if (group.kind === kind) group.samples.push(...samplesOf(name, metric));
  }
  return Array.from(groups, ([name, group]) => ({ name, ...group }));
}

/** Apart from the gateway's own names, whatever a module is called. */
function ownName({ module, definition }: OwnMetricSample): string {
  return `sluice_x_${module.replaceAll(/[^a-z0-9]/g, '_')}_${definition.name}`;
}

function samplesOf(name: string, { filter, definition, value, buckets }: OwnMetricSample): Sample[] {
  const sharedLabels = { filter, ...definition.labels };
  if (definition.kind !== 'histogram') return [sampleOf(name, value, sharedLabels)];
  const samples: Sample[] = [];
  collectBuckets(name, sharedLabels, { bounds: definition.bounds, counts: buckets, sum: value }, samples);
  return samples;
}
