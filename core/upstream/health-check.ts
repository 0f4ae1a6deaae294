// Active health checks: asks each target on a connection of its own, so that a check also proves that the target
// still accepts. Turns `Target.healthy`; nobody else does.
import { type Probe, probe } from './health-probe.js';
import type { Target } from './target.js';
import type { TargetConnector } from './target-connector.js';
import type { HealthCheckOptions } from './upstream.js';

/** A target, and how to reach it. */
export interface CheckedTarget {
  readonly target: Target;
  readonly connector: TargetConnector;
}

/** Checks every target now and then `intervalMs` after the end of its last check, until `dispose`. */
export class HealthCheck {
  readonly #checks: TargetCheck[];

  constructor(targets: readonly CheckedTarget[], options: HealthCheckOptions) {
    this.#checks = targets.map((checked) => new TargetCheck(checked, options));
  }

  /** Cancels the checks under way; no verdict changes any more. */
  dispose(): void {
    for (const check of this.#checks) check.dispose();
  }
}

class TargetCheck {
  readonly #target: Target;
  readonly #connector: TargetConnector;
  readonly #options: HealthCheckOptions;
  /** Results in a row that speak against the present verdict. */
  #contrary = 0;
  #timer: NodeJS.Timeout | null = null;
  #probe: Probe | null = null;
  #disposed = false;

  constructor({ target, connector }: CheckedTarget, options: HealthCheckOptions) {
    this.#target = target;
    this.#connector = connector;
    this.#options = options;
    this.#run();
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#probe?.destroy();
  }

  #run(): void {
    const { path, timeoutMs } = this.#options;
    const request = probe(this.#connector, path, (problem) => this.#settle(problem));
    this.#probe = request;
    this.#timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    this.#timer.unref();
  }

  /** @param problem null when the target is well */
  #settle(problem: string | null): void {
    if (this.#disposed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#probe = null;
    if (problem !== null) this.#target.ailment = problem;
    this.#judge(problem === null);
    this.#timer = setTimeout(() => this.#run(), this.#options.intervalMs);
    this.#timer.unref();
  }

  #judge(success: boolean): void {
    if (success === this.#target.healthy) {
      this.#contrary = 0;
      return;
    }
    const needed = success ? this.#options.healthyAfter : this.#options.unhealthyAfter;
    if (++this.#contrary < needed) return;
    this.#contrary = 0;
    this.#target.judged(success);
  }
}
