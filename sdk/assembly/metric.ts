// Metrics of a filter's own, in /metrics of the gateway as `sluice_x_<module>_<name>`. Needs the capability `metrics`.
import { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } from '../abi/abi';
import { hostMetricDefine, hostMetricRecord } from './host';
import { JsonWriter } from './json/writer';

/** A metric is defined in `configure`, or at module level, and used in calls. At most 64 for one filter. */
@final
export class Metric {
  private constructor(private readonly id: i32) {}

  /**
   * A sum that only grows. `name` has letters, digits and `_`, and ends in `_total` by custom.
   * @param labels name and value by turns: `['outcome', 'denied']` is another metric than `['outcome', 'allowed']`
   */
  static counter(name: string, help: string, labels: string[] = []): Metric {
    return Metric.define(METRIC_COUNTER, name, help, labels, []);
  }

  /** A value that goes up and down; the last one stands, whichever worker set it. */
  static gauge(name: string, help: string, labels: string[] = []): Metric {
    return Metric.define(METRIC_GAUGE, name, help, labels, []);
  }

  /** A distribution: `bounds` are the upper bounds of its buckets, 1 to 15 rising numbers. */
  static histogram(name: string, help: string, bounds: f64[], labels: string[] = []): Metric {
    return Metric.define(METRIC_HISTOGRAM, name, help, labels, bounds);
  }

  /** Adds to a counter (not below 0), sets a gauge, observes in a histogram. */
  record(value: f64 = 1): void {
    hostMetricRecord(this.id, value);
  }

  private static define(kind: i32, name: string, help: string, labels: string[], bounds: f64[]): Metric {
    const writer = new JsonWriter().beginObject().name('name').text(name).name('help').text(help);
    writer.name('labels').beginObject();
    for (let i = 0; i + 1 < labels.length; i += 2) writer.name(labels[i]).text(labels[i + 1]);
    writer.endObject().name('bounds').beginArray();
    for (let i = 0; i < bounds.length; i++) writer.number(bounds[i]);
    const text = writer.endArray().endObject().bytes;
    return new Metric(hostMetricDefine(kind, text.address, text.length));
  }
}
