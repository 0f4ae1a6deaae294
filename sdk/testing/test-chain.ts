// Runs filters in Node on the gateway's own runtime code, without a gateway: a request goes in, what the upstream
// sees and what the client sees come out.
import { readFileSync } from 'node:fs';
import { HeaderList } from '../../core/headers.js';
import { type CalloutOutcome, encodeOutcome } from '../../core/wasm/callout-outcome.js';
import { type ChainLink, FilterChain } from '../../core/wasm/chain.js';
import { ChainVisits } from '../../core/wasm/chain-visits.js';
import { align8, FrameWriter } from '../../core/wasm/frame.js';
import type { Callout, FilterLogLine, PhaseMessage, PhaseResult } from '../../core/wasm/guest-abi.js';
import { createSharedState } from '../../core/wasm/guest-host.js';
import { NO_QUARANTINE } from '../../core/wasm/instance.js';
import { type MetricDefinition, MetricTable } from '../../core/wasm/metric-table.js';
import { loadModule } from '../../core/wasm/module.js';
import type { GrantedSecret } from '../../core/wasm/secret-capability.js';
import { readSecretHeader } from '../../core/wasm/secret-headers.js';
import { CALLOUT_DONE, CALLOUT_FAILED, CALLOUT_TIMEOUT, CALLOUT_TOO_LARGE } from '../abi/abi.js';
import type {
  CalloutAnswer,
  SeenMessage,
  TestChainOptions,
  TestFilter,
  TestMetric,
  TestOutcome,
  TestRequest,
  TestResponse,
} from './test-exchange.js';

const PAGES_PER_MEBIBYTE = 16;
const FAILURES = {
  failed: CALLOUT_FAILED,
  timeout: CALLOUT_TIMEOUT,
  'too-large': CALLOUT_TOO_LARGE,
} as const;
const CLIENT_ADDRESS = '192.0.2.1';

/** A chain of filters that stays loaded over many exchanges. */
export class TestChain {
  readonly #chain: FilterChain;
  readonly #writer = new FrameWriter();
  readonly #phases: { readonly request: boolean; readonly response: boolean }[] = [];
  /** What the filters logged while they were configured. */
  readonly configureLogs: FilterLogLine[] = [];
  readonly #callouts: Readonly<Record<string, CalloutAnswer>>;
  readonly #secrets: readonly GrantedSecret[];
  readonly #metrics: {
    readonly filter: string;
    readonly table: MetricTable;
    readonly definition: MetricDefinition;
  }[] = [];
  #exchanges = 0;

  /** @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_* as the gateway would at load */
  constructor(filters: readonly TestFilter[], options: TestChainOptions = {}) {
    this.#chain = new FilterChain(undefined, options.clock);
    this.#callouts = options.callouts ?? {};
    this.#secrets = Object.entries(options.secrets ?? {}).map(([name, value]) => ({
      name,
      value,
      key: value,
    }));
    filters.forEach((filter, id) => {
      const bytes = typeof filter.module === 'string' ? readFileSync(filter.module) : filter.module;
      const label = typeof filter.module === 'string' ? filter.module : `filter ${id}`;
      const { manifest, module, initialPages, maximumPages } = loadModule(bytes, label);
      this.#phases.push({
        request: manifest.phases.request !== undefined,
        response: manifest.phases.response !== undefined,
      });
      const shared = createSharedState(filter.grants ?? manifest.capabilities);
      const { logs, metrics } = this.#chain.load({
        id,
        name: manifest.name,
        moduleName: manifest.name,
        module,
        phases: manifest.phases,
        initialPages,
        maximumPages: Math.min(maximumPages, (filter.memoryMb ?? 16) * PAGES_PER_MEBIBYTE),
        granted: filter.grants ?? manifest.capabilities,
        shared,
        callouts: Object.keys(this.#callouts),
        secrets: this.#secrets,
        config: JSON.stringify(filter.config ?? {}),
        deadlineMs: 0,
        isolation: filter.isolation ?? 'shared',
        onFailure: filter.onFailure ?? 'closed',
        quarantine: NO_QUARANTINE,
      });
      this.configureLogs.push(...logs);
      for (const definition of metrics) {
        this.#metrics.push({ filter: manifest.name, table: new MetricTable(shared.metrics!), definition });
      }
    });
  }

  /** Linear memory of all filters, in bytes. */
  get memoryBytes(): number {
    return this.#chain.memoryBytes;
  }

  /** All metrics that the filters defined, with what the exchanges so far recorded. */
  get metrics(): TestMetric[] {
    return this.#metrics.map(({ filter, table, definition }) => {
      const { kind, name, labels, bounds } = definition;
      const place = table.place(definition);
      const buckets = kind === 'histogram' ? table.buckets(place, bounds) : [];
      return { filter, name, labels, value: table.value(place), buckets };
    });
  }

  /**
   * One exchange: the request filters in order, then, in reverse, the response filters of those that the request
   * got through, over `response` or over the answer a request filter gave.
   */
  exchange(request: TestRequest, response: TestResponse = {}): TestOutcome {
    const message = this.#requestMessage(request);
    const ids = this.#phases.map((_, id) => id);
    const inbound = this.#run(
      message,
      ids.filter((id) => this.#phases[id]!.request),
      [],
    );
    const failures = [...inbound.result.failures];
    const logs = [...inbound.result.logs];
    const calls = [...inbound.result.calls];
    if (failures.some(({ skipped }) => !skipped))
      return { upstream: null, client: null, failures, logs, calls };

    const answer = inbound.result.response;
    const reached = answer === null ? ids : ids.filter((id) => id < inbound.ids[inbound.result.respondedBy]!);
    const reply: PhaseMessage = {
      ...message,
      phase: 'response',
      status: answer?.status ?? response.status ?? 200,
      responseHeaders: answer?.headers ?? toHeaders(response.headers),
      body: answer === null ? toBytes(response.body) : answer.body,
    };
    const contexts = new Map(inbound.ids.map((id, index) => [id, inbound.result.contexts[index] ?? null]));
    const outboundIds = reached.filter((id) => this.#phases[id]!.response).reverse();
    const outbound = this.#run(
      reply,
      outboundIds,
      outboundIds.map((id) => contexts.get(id) ?? null),
    );
    failures.push(...outbound.result.failures);
    logs.push(...outbound.result.logs);
    calls.push(...outbound.result.calls);
    const failed = outbound.result.failures.some(({ skipped }) => !skipped);
    return {
      upstream: answer === null ? seen(message, this.#upstreamHeaders(message)) : null,
      client: failed ? null : seen(reply, reply.responseHeaders),
      failures,
      logs,
      calls,
    };
  }

  /** What leaves for the upstream, with secrets in the headers that filters want them in. */
  #upstreamHeaders({ requestHeaders, secretHeaders: asked = new Map() }: PhaseMessage): HeaderList {
    const headers = requestHeaders.clone();
    const { flat } = headers;
    for (let i = 0; i < flat.length; i += 2) {
      const header = readSecretHeader(flat[i]!, flat[i + 1]!, asked);
      if (header === null) continue;
      const value = Buffer.from(this.#secrets[header.secretId]!.value!, 'utf8').toString('latin1');
      flat[i + 1] = header.before + value;
    }
    return headers;
  }

  /** Runs a chain to its end, callouts included, and applies its edits. */
  #run(
    message: PhaseMessage,
    ids: readonly number[],
    contexts: readonly (Uint8Array | null)[],
  ): { ids: readonly number[]; result: PhaseResult } {
    const links: ChainLink[] = ids.map((id, index) => ({
      id,
      context: contexts[index] ?? null,
      skip: false,
    }));
    const visits = new ChainVisits(message);
    let result = this.#visit(message, links, null);
    const calls = [...result.calls];
    const failures = [...result.failures];
    const logs = [...result.logs];
    for (let callout = visits.take(result); callout !== null; callout = visits.take(result)) {
      const { from, left } = visits;
      const outcome = encodeOutcome(this.#callOut(callout), callout.state, left);
      result = this.#visit(message, links.slice(from), outcome);
      calls.push(...result.calls);
      for (const failure of result.failures) failures.push({ ...failure, index: from + failure.index });
      logs.push(...result.logs);
    }
    const respondedBy = visits.answeredBy(result);
    return { ids, result: { ...result, respondedBy, contexts: visits.contexts, calls, failures, logs } };
  }

  #visit(message: PhaseMessage, links: readonly ChainLink[], outcome: Uint8Array | null): PhaseResult {
    const length = this.#writer.prepare(message);
    const buffer = new ArrayBuffer(align8(length));
    const memory = { bytes: Buffer.from(buffer), words: new Int32Array(buffer) };
    this.#writer.write(memory, 0);
    const { phase, body } = message;
    return this.#chain.run({ phase, memory, at: 0, length, body, links, outcome });
  }

  #callOut(callout: Callout): CalloutOutcome {
    const answer = this.#callouts[callout.upstream]!({
      method: callout.method,
      target: callout.target,
      headers: new HeaderList([...callout.headers]),
      text: Buffer.from(callout.body ?? new Uint8Array(0)).toString('utf8'),
    });
    if (typeof answer === 'string') return { status: 0, failure: FAILURES[answer], headers: [], body: null };
    const { status = 200, headers, body } = answer;
    return { status, failure: CALLOUT_DONE, headers: toHeaders(headers).flat, body: toBytes(body) };
  }

  #requestMessage(request: TestRequest): PhaseMessage {
    this.#exchanges += 1;
    const [path = '/', ...query] = request.target.split('?');
    return {
      phase: 'request',
      id: `test-${this.#exchanges}`,
      routeId: 'test',
      scheme: 'http',
      method: request.method ?? 'GET',
      authority: request.headers?.['host'] ?? 'test.example',
      clientAddress: CLIENT_ADDRESS,
      params: (request.params ?? []).map((param) => Buffer.from(param, 'utf8').toString('latin1')),
      path,
      query: query.join('?'),
      requestHeaders: toHeaders(request.headers),
      status: 0,
      responseHeaders: new HeaderList(),
      body: request.body === undefined ? null : toBytes(request.body),
    };
  }
}

function seen(message: PhaseMessage, headers: HeaderList): SeenMessage {
  const body = message.body ?? new Uint8Array(0);
  const target = message.query === '' ? message.path : `${message.path}?${message.query}`;
  return { status: message.status, target, headers, body, text: Buffer.from(body).toString('utf8') };
}

function toBytes(body: string | Uint8Array | undefined): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : (body ?? new Uint8Array(0));
}

function toHeaders(record: Readonly<Record<string, string>> = {}): HeaderList {
  return new HeaderList(Object.entries(record).flatMap(([name, value]) => [name.toLowerCase(), value]));
}
