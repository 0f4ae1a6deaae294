// What both filter phases share: the message that filters see, one visit to a worker, and what its result means.
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { GatewayError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { PhaseChain } from '../route.js';
import type { ChainLink } from '../wasm/chain.js';
import type {
  FilterCall,
  FilterFailure,
  FilterLogLine,
  PhaseMessage,
  PhaseName,
  PhaseResult,
} from '../wasm/guest-abi.js';

/** Told what filters do, for metrics and log. */
export interface FilterObserver {
  filterCalled(filter: string, phase: PhaseName, call: FilterCall): void;
  /** No filter ran for `waitMs` of the way of its chain through a worker. */
  filterWaited(filter: string, phase: PhaseName, waitMs: number): void;
  filterFailed(filter: string, failure: FilterFailure, exchange: Exchange): void;
  filterLogged(line: FilterLogLine, exchange: Exchange): void;
}

const NOT_ASCII = /[^\x00-\x7f]/;
const NO_HEADERS = new HeaderList();

/** The message that the filters of a phase see. */
export function buildMessage(exchange: Exchange, phase: PhaseName, body: Uint8Array | null): PhaseMessage {
  const { response } = exchange;
  return {
    phase,
    id: exchange.id,
    routeId: exchange.routeId,
    scheme: exchange.scheme,
    method: exchange.method,
    authority: exchange.authority,
    clientAddress: exchange.clientAddress,
    params: exchange.params.some((param) => NOT_ASCII.test(param))
      ? toByteStrings(exchange.params)
      : exchange.params,
    path: exchange.path,
    query: exchange.query,
    requestHeaders: exchange.requestHeaders,
    status: response === null ? 0 : response.status,
    responseHeaders: response === null ? NO_HEADERS : response.headers,
    body,
  };
}

/**
 * Runs the whole chain in one visit to one worker.
 * @throws GatewayError of the filter that failed with policy `closed`; SLUICE_DISPATCH_*
 */
export async function runChain(
  exchange: Exchange,
  chain: PhaseChain,
  links: readonly ChainLink[],
  message: PhaseMessage,
  dispatcher: Dispatcher,
  observer: FilterObserver,
): Promise<PhaseResult> {
  const startedMs = performance.now();
  const result = await dispatcher.run(message, links);
  reportCalls(result.calls, performance.now() - startedMs, chain, message.phase, observer);
  for (const line of result.logs) observer.filterLogged(line, exchange);
  for (const failure of result.failures) {
    const filter = chain.specs[failure.index]?.name ?? '';
    observer.filterFailed(filter, failure, exchange);
    if (!failure.skipped) throw filterError(filter, failure, 1);
  }
  return result;
}

function reportCalls(
  calls: readonly FilterCall[],
  elapsedMs: number,
  { specs }: PhaseChain,
  phase: PhaseName,
  observer: FilterObserver,
): void {
  let calledNs = 0;
  for (const { durationNs } of calls) calledNs += durationNs;
  const waitMs = Math.max(0, elapsedMs - calledNs / 1e6);
  for (let i = 0; i < calls.length; i += 1) {
    const { name } = specs[i]!;
    observer.filterCalled(name, phase, calls[i]!);
    observer.filterWaited(name, phase, waitMs);
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
