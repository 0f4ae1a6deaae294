// Says in the log what certificates run out: by time, whether somebody uses them or not.
import type { Log } from './telemetry/log.js';
import type { CertificateSample } from './telemetry/metric-sources.js';
import { type CertificateInUse, describeCertificate } from './tls/certificates-in-use.js';
import { describeExpiry, type ExpiryState, expiryState } from './tls/expiry.js';

/** A line is said again after so long. */
const REPEAT_MS = 86_400_000;
const LOOK_MS = 60_000;

/** What was said last of a certificate. */
interface Said {
  readonly state: ExpiryState;
  readonly atMs: number;
}

/** A line for each that is about to run out when it comes into use and once a day, and one as soon as it has. */
export class CertificateMonitor {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #said = new Map<CertificateInUse, Said>();
  #inUse: readonly CertificateInUse[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @param nowMs the time of day, in milliseconds since 1970 */
  constructor(log: Log, nowMs: () => number = Date.now) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** What is in use now, for metrics. */
  samples(): CertificateSample[] {
    return this.#inUse.map(({ notAfterMs, warnFromMs: _, ...labels }) => ({ labels, notAfterMs }));
  }

  /** These are in use from now on, and no others. Keeps looking at them until `close`. */
  watch(inUse: readonly CertificateInUse[]): void {
    this.#inUse = inUse;
    this.#said.clear();
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const nowMs = this.#nowMs();
    for (const certificate of this.#inUse) {
      const state = expiryState(certificate, nowMs);
      const said = this.#said.get(certificate);
      if (state === 'good' || (said?.state === state && nowMs < said.atMs + REPEAT_MS)) continue;
      this.#said.set(certificate, { state, atMs: nowMs });
      const { notAfterMs, warnFromMs: _, ...facts } = certificate;
      this.#log[state === 'expired' ? 'error' : 'warn'](
        { ...facts, notAfter: new Date(notAfterMs).toISOString() },
        `${describeCertificate(certificate)} ${describeExpiry(notAfterMs, nowMs)}`,
      );
    }
  }
}
