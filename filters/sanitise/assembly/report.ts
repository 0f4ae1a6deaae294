// The mode `report`: what would be done to requests and responses goes to the log and to metrics, and they pass as they are.
import { BytesWriter, log, Metric } from 'sluice';
import { Finding } from './request/finding';

const NAME = 'reported_total';
const HELP = 'What the mode report let pass.';

/** Made in `configure`; fails the load when `log` and `metrics` are not granted. */
export class Report {
  private readonly values: Metric = Metric.counter(NAME, HELP, ['what', 'values']);
  private readonly bodies: Metric = Metric.counter(NAME, HELP, ['what', 'unreadable']);
  private readonly inputs: Metric = Metric.counter(NAME, HELP, ['what', 'inputs']);
  private readonly errors: Metric = Metric.counter(NAME, HELP, ['what', 'errors']);

  constructor() {
    log.debug('all passes as it is: the mode is report');
  }

  error(status: i32): void {
    this.errors.record();
    log.warn(new BytesWriter().add('would replace an error ').add(status).bytes);
  }

  refused(finding: Finding): void {
    this.inputs.record();
    log.warn(new BytesWriter().add('would refuse a request: ').add(finding.line).bytes);
  }

  stripped(count: i32): void {
    this.inputs.record(count);
    log.warn(new BytesWriter().add('would take something out of a request, places: ').add(count).bytes);
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
