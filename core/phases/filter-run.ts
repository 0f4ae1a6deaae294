// What both filter phases share: the message that filters see, the visits to workers that a chain takes (one, and one
// more for each callout), and what their results mean.
import { performance } from 'node:perf_hooks';
import { CALLOUT_DONE, CALLOUT_TIMEOUT, CALLOUT_TOO_LARGE } from '../../sdk/abi/abi.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { JobEnd } from '../dispatch/job.js';
import { GatewayError } from '../errors.js';
import { type Body, BufferedBody, type Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { PhaseChain, Route } from '../route.js';
import { encodeOutcome } from '../wasm/callout-outcome.js';
import { certificateFacts } from '../wasm/certificate-facts.js';
import type { ChainLink } from '../wasm/chain-input.js';
import { ChainVisits } from '../wasm/chain-visits.js';
import type {
  BodyStage,
  Callout,
  FilterCall,
  FilterFailure,
  FilterLogLine,
  FilterResponse,
  PhaseMessage,
  PhaseName,
  PhaseResult,
} from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { performCallout } from './callout.js';

/** One callout as metrics and log see it. `cancelled`: the exchange was over before it was. */
export interface CalloutReport {
  readonly upstream: string;
  readonly end: 'done' | 'failed' | 'timeout' | 'too_large' | 'cancelled';
  readonly durationMs: number;
  /** Why no whole response came; null also when it was cancelled. */
  readonly error: GatewayError | null;
}

/** Told what filters do, for metrics and log. */
export interface FilterObserver {
  /** @param waitMs of the way of its chain through a worker no filter ran for so long */
  filterCalled(filter: string, phase: PhaseName, call: FilterCall, waitMs: number): void;
  filterFailed(filter: string, failure: FilterFailure, exchange: Exchange): void;
  filterLogged(line: FilterLogLine, exchange: Exchange): void;
  calloutEnded(filter: string, callout: CalloutReport, exchange: Exchange): void;
}

/** What filters need besides the message. */
export interface FilterSetting {
  readonly exchange: Exchange;
  readonly route: Route;
  readonly dispatcher: Dispatcher;
  readonly observer: FilterObserver;
}

const NOT_ASCII = /[^\x00-\x7f]/;
const NO_HEADERS = new HeaderList();

/** What the filters of a chain are given of a body together with the head. */
export function bodyStage({ body: mode }: PhaseChain, body: Body | null): BodyStage {
  if (mode === 'none' || body === null) return 'none';
  return body instanceof BufferedBody ? 'whole' : 'follows';
}

/** The message that the filters of a phase see. `body` is there with the stage `whole` alone. */
export function buildMessage(
  exchange: Exchange,
  phase: PhaseName,
  stage: BodyStage,
  body: Uint8Array | null,
): PhaseMessage {
  const { response } = exchange;
  return {
    phase,
    id: exchange.id,
    routeId: exchange.routeId,
    scheme: exchange.scheme,
    method: exchange.method,
    authority: exchange.authority,
    clientAddress: exchange.clientAddress,
    certificate: certificateFacts(exchange.clientCertificate),
    params: exchange.params.some((param) => NOT_ASCII.test(param))
      ? toByteStrings(exchange.params)
      : exchange.params,
    path: exchange.path,
    query: exchange.query,
    requestHeaders: exchange.requestHeaders,
    status: response === null ? 0 : response.status,
    responseHeaders: response === null ? NO_HEADERS : response.headers,
    body,
    stage,
  };
}

/**
 * The run of a chain: one visit to one worker, and one more after each callout. Edits are applied to the message. It takes
 * the first visit as it comes out of the worker and makes no promise: each costs every filtered exchange 0.3 µs in each
 * phase, and so does each function that awaits on this way.
 */
export abstract class ChainRun implements JobEnd {
  protected readonly setting: FilterSetting;
  protected readonly chain: PhaseChain;
  protected readonly links: readonly ChainLink[];
  protected readonly message: PhaseMessage;
  readonly #visits: ChainVisits;
  readonly #startedMs = performance.now();
  /** Set when a request filter answered. */
  protected response: FilterResponse | null = null;
  /** Index in the chain of that filter, or of the last response filter that gave the response its status; -1 for none. */
  protected respondedBy = -1;

  constructor(setting: FilterSetting, chain: PhaseChain, links: readonly ChainLink[], message: PhaseMessage) {
    this.setting = setting;
    this.chain = chain;
    this.links = links;
    this.message = message;
    this.#visits = new ChainVisits(message);
  }

  /** Begins. `finish` or `failed` is called once, maybe before this returns. */
  start(): void {
    this.setting.dispatcher.post(this.message, this.links, null, this);
  }

  /** The chain is over: puts on the exchange what came of it, and tells who waits for the phase. */
  protected abstract finish(): void;

  /**
   * The chain cannot be run to its end.
   * @param cause GatewayError SLUICE_DISPATCH_*; of the filter that failed with policy `closed`; why the exchange was
   *   cancelled
   */
  abstract failed(cause: unknown): void;

  /** By index in the chain, as far as it came. */
  protected get contexts(): readonly (Uint8Array | null)[] {
    return this.#visits.contexts;
  }

  /** Index in the chain of each filter that is to see the body in chunks, and has not passed it. */
  protected get streaming(): readonly number[] {
    const { passed } = this.#visits;
    return this.chain.streaming.filter((index) => !passed.includes(index));
  }

  /** The last body that a filter set. */
  protected get body(): Uint8Array | undefined {
    return this.#visits.body;
  }

  /** What the first visit came to. */
  done(result: PhaseResult, nowMs: number): void {
    let callout: Callout | null;
    try {
      const elapsedMs = nowMs - this.#startedMs;
      tellVisit(this.setting, this.chain.specs, this.message.phase, result, elapsedMs);
      callout = this.#took(result);
    } catch (cause) {
      this.failed(cause);
      return;
    }
    if (callout === null) this.finish();
    else void this.#goOn(callout);
  }

  /** Makes the callout and runs what is left of the chain. */
  async #goOn(first: Callout): Promise<void> {
    const visits = this.#visits;
    try {
      for (let callout: Callout | null = first; callout !== null; ) {
        const { from, left } = visits;
        const outcome = await makeCallout(this.setting, this.chain.specs[from]!.name, callout, left);
        const specs = this.chain.specs.slice(from);
        callout = this.#took(await visit(this.setting, specs, this.message, this.links.slice(from), outcome));
      }
    } catch (cause) {
      this.failed(cause);
      return;
    }
    this.finish();
  }

  #took(result: PhaseResult): Callout | null {
    const by = this.#visits.answeredBy(result);
    const callout = this.#visits.take(result);
    this.response = result.response;
    if (by !== -1) this.respondedBy = by;
    return callout;
  }
}

/**
 * One visit to one worker. What there is to tell of it is told.
 * @param specs of the filters in `links`
 * @throws GatewayError of the filter that failed with policy `closed`, or stopped the response; SLUICE_DISPATCH_*
 */
export async function visit(
  setting: FilterSetting,
  specs: readonly FilterSpec[],
  message: PhaseMessage,
  links: readonly ChainLink[],
  outcome: Uint8Array | null,
): Promise<PhaseResult> {
  const startedMs = performance.now();
  const result = await setting.dispatcher.run(message, links, outcome);
  tellVisit(setting, specs, message.phase, result, performance.now() - startedMs);
  return result;
}

/** Filters may quote what they were told, so nothing of them is told on before the secrets are out of it. */
function tellVisit(
  { exchange, observer, route }: FilterSetting,
  specs: readonly FilterSpec[],
  phase: PhaseName,
  result: PhaseResult,
  elapsedMs: number,
): void {
  reportCalls(result.calls, elapsedMs, specs, phase, observer);
  for (const line of result.logs) observer.filterLogged({ ...line, text: route.redact(line.text) }, exchange);
  for (const told of result.failures) {
    const failure = { ...told, message: route.redact(told.message) };
    const filter = specs[failure.index]?.name ?? '';
    observer.filterFailed(filter, failure, exchange);
    if (!failure.skipped) throw filterError(filter, failure, 1);
  }
  if (result.stop === null) return;
  const filter = specs[result.calls.length - 1]?.name ?? '';
  throw new GatewayError(
    'SLUICE_FILTER_STOPPED',
    `filter ${filter} stopped the response: ${route.redact(result.stop)}`,
    {
      filter,
    },
  );
}

async function makeCallout(
  { exchange, route, observer }: FilterSetting,
  filter: string,
  callout: Callout,
  left: number,
): Promise<Uint8Array> {
  const { upstream, state } = callout;
  const startedMs = performance.now();
  let end: CalloutReport['end'] = 'cancelled';
  let error: GatewayError | null = null;
  try {
    const result = await performCallout(exchange, callout, route.callouts.get(upstream)!);
    end = endOf(result.outcome.failure);
    error = result.error;
    return encodeOutcome(result.outcome, state, left);
  } finally {
    const durationMs = performance.now() - startedMs;
    observer.calloutEnded(filter, { upstream, end, durationMs, error }, exchange);
  }
}

function endOf(failure: number): CalloutReport['end'] {
  if (failure === CALLOUT_DONE) return 'done';
  if (failure === CALLOUT_TIMEOUT) return 'timeout';
  return failure === CALLOUT_TOO_LARGE ? 'too_large' : 'failed';
}

function reportCalls(
  calls: readonly FilterCall[],
  elapsedMs: number,
  specs: readonly FilterSpec[],
  phase: PhaseName,
  observer: FilterObserver,
): void {
  let calledNs = 0;
  for (const { durationNs } of calls) calledNs += durationNs;
  const waitMs = Math.max(0, elapsedMs - calledNs / 1e6);
  for (let i = 0; i < calls.length; i += 1) {
    if (calls[i]!.count === 0) continue;
    const { name } = specs[i]!;
    observer.filterCalled(name, phase, calls[i]!, waitMs);
  }
}

/** @param retryAfterSeconds told to the client when the filter is in quarantine */
export function filterError(filter: string, failure: FilterFailure, retryAfterSeconds: number): GatewayError {
  const { code, message } = failure;
  if (code !== 'SLUICE_FILTER_QUARANTINED') return new GatewayError(code, message, { filter });
  return new GatewayError(code, message, { filter, headers: ['retry-after', String(retryAfterSeconds)] });
}

function toByteStrings(params: readonly string[]): string[] {
  return params.map((param) => Buffer.from(param, 'utf8').toString('latin1'));
}
