// The mode `report`: what would be done to responses goes to the log and to metrics, and the responses pass as they are.
import { BytesWriter, log, Metric } from 'sluice';

const NAME = 'reported_total';
const HELP = 'What the mode report let pass.';

/** Made in `configure`; fails the load when `log` and `metrics` are not granted. */
export class Report {
  private readonly values: Metric = Metric.counter(NAME, HELP, ['what', 'values']);
  private readonly bodies: Metric = Metric.counter(NAME, HELP, ['what', 'unreadable']);
  private readonly errors: Metric = Metric.counter(NAME, HELP, ['what', 'errors']);

  constructor() {
    log.debug('responses pass as they are: the mode is report');
  }

  error(status: i32): void {
    this.errors.record();
    log.warn(new BytesWriter().add('would replace an error ').add(status).bytes);
  }

  unreadable(): void {
    this.bodies.record();
    log.warn('would answer SANITISE_UNREADABLE');
  }

  cleaned(count: i32): void {
    this.values.record(count);
    log.warn(
      new BytesWriter()
        .add('would clean ')
        .add(count)
        .add(count == 1 ? ' place' : ' places').bytes,
    );
  }
}
