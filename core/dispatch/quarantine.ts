// Filters that failed too often lately: left out for a while, then tried with one exchange at a time.
//
//            too many within `windowMs`                back-off over
//   active ------------------------------> quarantined -------------> probing
//      ^                                    ^    back-off doubled        |
//      |                                    +--------- it fails ---------+
//      +----------------------------- it returns ------------------------+
//
// Too many are `failures` that ended their workers, or as many of any kind that are a `share` of all calls of that phase: a
// trap costs nobody else anything, so a client that makes the filter trap is not to take it from all others.
//
// The back-off begins anew only after the filter was active for as long as it had last been out.
import type { ChainLink } from '../wasm/chain-input.js';
import type { FilterFailure, PhaseName, PhaseResult } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { RecentCount } from './recent-count.js';

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
  /** Likewise of those that ended their worker. */
  readonly endedAtMs: number[] = [];
  /** By phase. */
  readonly failed: Record<PhaseName, RecentCount>;
  lastFailure: FilterHealth['lastFailure'] = null;
  backoffMs = 0;
  /** When the present quarantine ends, or when the last one ended. */
  untilMs = 0;

  constructor(spec: FilterSpec, nowMs: number) {
    this.spec = spec;
    this.failed = countsOf(spec, nowMs);
  }

  /** @param passed calls of this phase within the window that came to an end */
  isFailing(phase: PhaseName, passed: number, nowMs: number): boolean {
    if (this.#areTooMany(this.endedAtMs, nowMs)) return true;
    if (!this.#areTooMany(this.failedAtMs, nowMs)) return false;
    const failed = this.failed[phase].sum(nowMs);
    return failed >= this.spec.quarantine.share * (failed + passed);
  }

  failedNow(phase: PhaseName, endedWorker: boolean, nowMs: number): void {
    this.failed[phase].add(nowMs);
    const { failures } = this.spec.quarantine;
    for (const times of endedWorker ? [this.failedAtMs, this.endedAtMs] : [this.failedAtMs]) {
      if (times.length === failures) times.shift();
      times.push(nowMs);
    }
  }

  recover(nowMs: number): void {
    this.state = 'active';
    this.failedAtMs.length = 0;
    this.endedAtMs.length = 0;
    this.failed.request.clear();
    this.failed.response.clear();
    this.untilMs = nowMs;
  }

  #areTooMany(times: readonly number[], nowMs: number): boolean {
    const { failures, windowMs } = this.spec.quarantine;
    return times.length === failures && nowMs - times[0]! <= windowMs;
  }
}

function countsOf({ quarantine: { windowMs } }: FilterSpec, nowMs: number): Record<PhaseName, RecentCount> {
  return { request: new RecentCount(windowMs, nowMs), response: new RecentCount(windowMs, nowMs) };
}

export class Quarantine {
  readonly #events: QuarantineEvents;
  readonly #now: () => number;
  readonly #patients = new Map<number, Patient>();
  /** By filter and phase, calls that came to an end. */
  readonly #passed = new Map<number, Record<PhaseName, RecentCount>>();
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

  /**
   * Takes note of the filters of a chain that came to an end.
   * @param find a loaded filter
   * @param nowMs of the clock of this quarantine
   */
  called(
    links: readonly ChainLink[],
    phase: PhaseName,
    { calls, failures }: PhaseResult,
    find: (id: number) => FilterSpec | undefined,
    nowMs: number,
  ): void {
    for (let index = 0; index < calls.length; index += 1) {
      if (calls[index]!.count === 0) continue;
      if (failures.length > 0 && failures.some((failure) => failure.index === index)) continue;
      const { id } = links[index]!;
      const counts = this.#passed.get(id) ?? this.#beginToCount(find(id), nowMs);
      if (counts !== undefined) (phase === 'request' ? counts.request : counts.response).add(nowMs);
    }
  }

  /**
   * The filter failed on an exchange that was not its probe.
   * @param endedWorker its worker had to be ended, or ended by itself
   */
  failed(spec: FilterSpec, phase: PhaseName, failure: FilterFailure, endedWorker = false): void {
    const nowMs = this.#now();
    const patient = this.#patients.get(spec.id) ?? new Patient(spec, nowMs);
    this.#patients.set(spec.id, patient);
    note(patient, failure);
    // What was under way when it was quarantined fails as well, and says nothing new.
    if (spec.quarantine.failures === 0 || patient.state !== 'active') return;
    patient.failedNow(phase, endedWorker, nowMs);
    if (!patient.isFailing(phase, this.#passed.get(spec.id)?.[phase].sum(nowMs) ?? 0, nowMs)) return;
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
      patient.recover(this.#now());
      this.#out -= 1;
      this.#events.filterRestored(patient.spec.name);
    } else {
      note(patient, outcome);
      this.#confine(patient, outcome, patient.backoffMs);
    }
  }

  /** This filter is gone. */
  forget(filterId: number): void {
    this.#passed.delete(filterId);
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

  #beginToCount(spec: FilterSpec | undefined, nowMs: number): Record<PhaseName, RecentCount> | undefined {
    // One that is gone meanwhile, or never left out, needs no count.
    if (spec === undefined || spec.quarantine.failures === 0) return undefined;
    const counts = countsOf(spec, nowMs);
    this.#passed.set(spec.id, counts);
    return counts;
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
