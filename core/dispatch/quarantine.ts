// Filters that failed too often lately: left out for a while, then tried with one exchange at a time.
//
//            `failures` within `windowMs`              back-off over
//   active ------------------------------> quarantined -------------> probing
//      ^                                    ^    back-off doubled        |
//      |                                    +--------- it fails ---------+
//      +----------------------------- it returns ------------------------+
//
// The back-off begins anew only after the filter was active for as long as it had last been out.
import type { FilterFailure } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';

export type QuarantineState = 'active' | 'quarantined' | 'probing';

/** What an operator wants to know of one filter. */
export interface FilterHealth {
  readonly name: string;
  readonly state: QuarantineState;
  /** How often it was quarantined since it was loaded. */
  readonly quarantines: number;
  /** Time until it is tried again, in milliseconds; 0 unless it is quarantined. */
  readonly retryInMs: number;
  /** Its last failure since it was loaded. */
  readonly lastFailure: { readonly code: string; readonly message: string; readonly at: string } | null;
}

/** Told when a filter changes its state, for the log. */
export interface QuarantineEvents {
  filterQuarantined(filter: string, failure: FilterFailure, backoffMs: number): void;
  filterRestored(filter: string): void;
}

/** May the filter run: yes; yes, and its outcome decides; or not now. */
export type Admission = 'run' | 'probe' | 'refuse';

/** One filter that failed at least once. */
class Patient {
  readonly spec: FilterSpec;
  state: QuarantineState = 'active';
  quarantines = 0;
  /** Of the last failures, the oldest first; at most as many as it takes to be quarantined. */
  readonly failedAtMs: number[] = [];
  lastFailure: FilterHealth['lastFailure'] = null;
  backoffMs = 0;
  /** When the present quarantine ends, or when the last one ended. */
  untilMs = 0;

  constructor(spec: FilterSpec) {
    this.spec = spec;
  }

  /** Too many failures within the window. */
  isFailing(nowMs: number): boolean {
    const { failures, windowMs } = this.spec.quarantine;
    return this.failedAtMs.length === failures && nowMs - this.failedAtMs[0]! <= windowMs;
  }
}

export class Quarantine {
  readonly #events: QuarantineEvents;
  readonly #now: () => number;
  readonly #patients = new Map<number, Patient>();
  /** Filters that are not active. */
  #out = 0;

  /** @param now clock in milliseconds */
  constructor(events: QuarantineEvents, now: () => number = () => performance.now()) {
    this.#events = events;
    this.#now = now;
  }

  /** True when every filter is active, which is as good as always. */
  get isEmpty(): boolean {
    return this.#out === 0;
  }

  /** The filter failed on an exchange that was not its probe. */
  failed(spec: FilterSpec, failure: FilterFailure): void {
    const patient = this.#patients.get(spec.id) ?? new Patient(spec);
    this.#patients.set(spec.id, patient);
    note(patient, failure);
    // What was under way when it was quarantined fails as well, and says nothing new.
    if (spec.quarantine.failures === 0 || patient.state !== 'active') return;
    const nowMs = this.#now();
    if (patient.failedAtMs.length === spec.quarantine.failures) patient.failedAtMs.shift();
    patient.failedAtMs.push(nowMs);
    if (!patient.isFailing(nowMs)) return;
    const wasCalm = nowMs - patient.untilMs >= patient.backoffMs;
    this.#out += 1;
    this.#confine(patient, failure, wasCalm ? 0 : patient.backoffMs);
  }

  /** Asks for one exchange. After `probe` the outcome must be told by `probed`. */
  admit(filterId: number): Admission {
    const patient = this.#patients.get(filterId);
    if (patient === undefined || patient.state === 'active') return 'run';
    if (patient.state === 'probing' || this.#now() < patient.untilMs) return 'refuse';
    patient.state = 'probing';
    return 'probe';
  }

  /** How long no exchange may run the filter, in milliseconds; 0 when one may, now or as a probe. */
  refusedForMs(filterId: number): number {
    const patient = this.#patients.get(filterId);
    if (patient === undefined || patient.state === 'active') return 0;
    return patient.state === 'probing' ? patient.backoffMs : Math.max(0, patient.untilMs - this.#now());
  }

  /** @param outcome the failure; `passed`; or `unknown` when the exchange never came to this filter */
  probed(filterId: number, outcome: FilterFailure | 'passed' | 'unknown'): void {
    const patient = this.#patients.get(filterId);
    if (patient?.state !== 'probing') return;
    if (outcome === 'unknown') patient.state = 'quarantined';
    else if (outcome === 'passed') {
      patient.state = 'active';
      patient.failedAtMs.length = 0;
      patient.untilMs = this.#now();
      this.#out -= 1;
      this.#events.filterRestored(patient.spec.name);
    } else {
      note(patient, outcome);
      this.#confine(patient, outcome, patient.backoffMs);
    }
  }

  /** This filter is gone. */
  forget(filterId: number): void {
    const patient = this.#patients.get(filterId);
    if (patient === undefined) return;
    if (patient.state !== 'active') this.#out -= 1;
    this.#patients.delete(filterId);
  }

  health(spec: FilterSpec): FilterHealth {
    const patient = this.#patients.get(spec.id);
    return {
      name: spec.name,
      state: patient?.state ?? 'active',
      quarantines: patient?.quarantines ?? 0,
      retryInMs: patient?.state === 'quarantined' ? Math.ceil(this.refusedForMs(spec.id)) : 0,
      lastFailure: patient?.lastFailure ?? null,
    };
  }

  /** @param lastBackoffMs 0 begins anew */
  #confine(patient: Patient, failure: FilterFailure, lastBackoffMs: number): void {
    const { backoffMs, maxBackoffMs } = patient.spec.quarantine;
    patient.state = 'quarantined';
    patient.quarantines += 1;
    patient.backoffMs = Math.max(backoffMs, Math.min(lastBackoffMs * 2, maxBackoffMs));
    patient.untilMs = this.#now() + patient.backoffMs;
    this.#events.filterQuarantined(patient.spec.name, failure, patient.backoffMs);
  }
}

function note(patient: Patient, { code, message }: FilterFailure): void {
  patient.lastFailure = { code, message, at: new Date().toISOString() };
}
