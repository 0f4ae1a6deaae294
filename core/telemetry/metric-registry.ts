// Metrics by name, printed in the Prometheus text format, of one process or of several together. The one importer of
// prom-client: it prints the format, measures the process, and adds up what processes say.
import { AggregatorRegistry, collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Sample } from './histogram.js';

/** What several processes have together: the sum, unless the kind of a gauge says otherwise. */
export type MetricKind = 'counter' | 'histogram' | 'gauge' | 'gauge-max' | 'gauge-min';

/** A metric with its samples, as it travels between processes. */
export interface MetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How prom-client makes one of several. */
  readonly aggregator: string;
  readonly values: readonly MetricValue[];
}

export interface MetricValue {
  /** Absent where it is that of the metric. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

const LASTING_TYPES: ReadonlySet<string> = new Set(['counter', 'histogram']);

/** What of the metrics of a process outlives it: what it has counted stays counted, what it had at some moment does not. */
export function lastingOf(metrics: readonly MetricValues[]): MetricValues[] {
  return metrics.filter(({ type }) => LASTING_TYPES.has(type));
}

export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #lasting: (() => MetricValues)[] = [];

  /** Value of `content-type` for `text`. */
  static get contentType(): string {
    return Registry.PROMETHEUS_CONTENT_TYPE;
  }

  /** The metrics of several processes, and of those that are gone, as one text. */
  static textOf(processes: readonly (readonly MetricValues[])[]): Promise<string> {
    return sumOf(processes).metrics();
  }

  /** Likewise as if one process had them all. */
  static async sumOf(processes: readonly (readonly MetricValues[])[]): Promise<MetricValues[]> {
    return (await sumOf(processes).getMetricsAsJSON()).map(toValues);
  }

  /** @param collect called at each scrape */
  register(name: string, help: string, kind: MetricKind, collect: (name: string) => Sample[]): void {
    const [type = '', aggregator = 'sum'] = kind.split('-');
    const read = () => ({ name, help, type, aggregator, values: collect(name) });
    // The registry asks a metric for nothing but `name` and `get`; its type names the four classes of prom-client.
    const metric = { name, get: async () => read() };
    this.#registry.registerMetric(metric as unknown as Metric);
    if (LASTING_TYPES.has(type)) this.#lasting.push(() => toValues(read()));
  }

  /** Adds what prom-client measures of every process. */
  measureProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  async values(): Promise<MetricValues[]> {
    return (await this.#registry.getMetricsAsJSON()).map(toValues);
  }

  /** `lastingOf` what was registered here, at once; what prom-client measures of the process is left out. */
  counted(): MetricValues[] {
    return this.#lasting.map((read) => read());
  }
}

function sumOf(processes: readonly (readonly MetricValues[])[]): Registry {
  return AggregatorRegistry.aggregate(processes as unknown as object[]);
}

/** The library tells samples apart by `labels` alone. */
function toValues(metric: unknown): MetricValues {
  const { values, ...facts } = metric as Omit<MetricValues, 'values'> & {
    readonly values: readonly Partial<Sample>[];
  };
  const { name, help, type, aggregator } = facts;
  return {
    ...{ name, help, type, aggregator },
    values: values.map(({ metricName, labels, sharedLabels, value }) => ({
      ...(metricName === undefined ? {} : { metricName }),
      labels: { ...labels, ...sharedLabels },
      value: value!,
    })),
  };
}
