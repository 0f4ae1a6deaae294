// Runs filters in Node on the gateway's own runtime code, without a gateway: a request goes in, what the upstream
// sees and what the client sees come out.
import { existsSync, readFileSync } from 'node:fs';
import { compileSchema } from '../../core/config/filter-schema.js';
import { GatewayError } from '../../core/errors.js';
import { HeaderList } from '../../core/headers.js';
import type { CalloutOutcome } from '../../core/wasm/callout-outcome.js';
import { type MetricDefinition, MetricTable } from '../../core/wasm/capabilities/metric-table.js';
import type { GrantedSecret } from '../../core/wasm/capabilities/secret.js';
import { certificateFacts } from '../../core/wasm/certificate-facts.js';
import { FilterChain } from '../../core/wasm/chain.js';
import type {
  BodyStage,
  Callout,
  FilterFailure,
  FilterLogLine,
  PhaseMessage,
} from '../../core/wasm/guest-abi.js';
import { createSharedState } from '../../core/wasm/guest-host.js';
import { NO_QUARANTINE } from '../../core/wasm/instance.js';
import { type BodyMode, type FilterManifest, phasesWith } from '../../core/wasm/manifest.js';
import { loadModule } from '../../core/wasm/module.js';
import { readSecretHeader } from '../../core/wasm/secret-headers.js';
import { SourcePlaces } from '../../core/wasm/source-places.js';
import { CALLOUT_DONE, CALLOUT_FAILED, CALLOUT_TIMEOUT, CALLOUT_TOO_LARGE } from '../abi/abi.js';
import { CHAIN_OPTION_KEYS, FILTER_KEYS, mustKnow, REQUEST_KEYS, RESPONSE_KEYS } from './known-keys.js';
import type {
  CalloutAnswer,
  SeenMessage,
  TestBody,
  TestCertificate,
  TestChainOptions,
  TestFilter,
  TestHeaders,
  TestMetric,
  TestOutcome,
  TestRequest,
  TestResponse,
} from './test-exchange.js';
import { TestPhase, type TestPhaseOutcome } from './test-phase.js';
import { formatTrace, printable, type TestTrace, toTestTrace } from './test-trace.js';
import { watched } from './watchdog.js';

const PAGES_PER_MEBIBYTE = 16;
const FAILURES = {
  failed: CALLOUT_FAILED,
  timeout: CALLOUT_TIMEOUT,
  'too-large': CALLOUT_TOO_LARGE,
} as const;
const CERTIFICATE = {
  subject: 'CN=test',
  issuer: 'CN=Test authority',
  serial: '01',
  fingerprint: '0'.repeat(64),
  dnsNames: [],
  uris: [],
  addresses: [],
  emails: [],
};
const END_OF_2099 = new Date(Date.UTC(2100, 0));
const CLIENT_ADDRESS = '192.0.2.1';
/** Set for the tests of an author, which `sluice filter test` runs. */
const OF_AUTHOR = 'SLUICE_FILTER_TEST';

/** A chain of filters that stays loaded over many exchanges. */
export class TestChain {
  readonly #chain: FilterChain;
  readonly #names: string[] = [];
  /** Path of the module of all filters; null where there are several, or bytes alone. */
  #onlyModule: string | null = null;
  /** Lines of the sources of each module, where its build left them beside it. */
  readonly #places: (SourcePlaces | null)[] = [];
  readonly #failed: (failure: FilterFailure) => void;
  readonly #phases: FilterManifest['phases'][] = [];
  /** What the filters logged while they were configured. */
  readonly configureLogs: FilterLogLine[] = [];
  /** What the filters traced while they were configured. */
  readonly configureTraces: readonly TestTrace[];
  /** What they traced since. */
  #traces: TestTrace[] = [];
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
    mustKnow('options of a TestChain', options, CHAIN_OPTION_KEYS);
    for (const filter of filters) mustKnow('filter of a TestChain', filter, FILTER_KEYS);
    const print = options.trace ?? printTrace;
    this.#chain = new FilterChain(undefined, options.clock, (line) => {
      const trace = toTestTrace(this.#names[line.filterId]!, line);
      this.#traces.push(trace);
      print(trace);
    });
    this.#failed = options.failure ?? (OF_AUTHOR in process.env ? printFailure : () => undefined);
    this.#callouts = options.callouts ?? {};
    this.#secrets = Object.entries(options.secrets ?? {}).map(([name, value]) => ({
      name,
      value,
      key: value,
    }));
    const modules = new Set(filters.map(({ module }) => module));
    const [only] = modules;
    if (modules.size === 1 && typeof only === 'string') this.#onlyModule = only;
    watched(this.#onlyModule, () => {
      for (const [id, filter] of filters.entries()) this.#load(id, filter);
    });
    this.configureTraces = this.#takeTraces();
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
    mustKnow('request of a test', request, REQUEST_KEYS);
    mustKnow('response of a test', response, RESPONSE_KEYS);
    return watched(this.#onlyModule, () => this.#exchange(request, response));
  }

  #exchange(request: TestRequest, response: TestResponse): TestOutcome {
    const message = this.#requestMessage(request);
    const ids = this.#phases.map((_, id) => id);
    const inboundIds = ids.filter((id) => this.#phases[id]!.request !== undefined);
    const inbound = this.#run(message, inboundIds, request.body, new Map());
    const failures = this.#explained(inbound.failures, inboundIds);
    const logs = [...inbound.logs];
    const calls = [...inbound.calls];
    if (failures.some(({ skipped }) => !skipped))
      return { upstream: null, client: null, stop: null, failures, logs, calls, traces: this.#takeTraces() };

    const answer = inbound.response;
    const reached = answer === null ? ids : ids.filter((id) => id < inboundIds[inbound.respondedBy]!);
    const reply: PhaseMessage = {
      ...message,
      phase: 'response',
      status: answer?.status ?? response.status ?? 200,
      responseHeaders: answer?.headers ?? toHeaders(response.headers),
    };
    const contexts = new Map(inboundIds.map((id, index) => [id, inbound.contexts[index] ?? null]));
    const outboundIds = reached.filter((id) => this.#phases[id]!.response !== undefined).reverse();
    const outbound = this.#run(
      reply,
      outboundIds,
      answer === null ? (response.body ?? '') : answer.body,
      contexts,
    );
    failures.push(...this.#explained(outbound.failures, outboundIds));
    logs.push(...outbound.logs);
    calls.push(...outbound.calls);
    const { stop } = outbound;
    const failed = stop !== null || outbound.failures.some(({ skipped }) => !skipped);
    return {
      upstream: answer === null ? seen(message, this.#upstreamHeaders(message)) : null,
      client: failed ? null : seen(reply, reply.responseHeaders),
      stop,
      failures,
      logs,
      calls,
      traces: this.#takeTraces(),
    };
  }

  /** Loads a filter as a worker does that the gateway has told to. */
  #load(id: number, filter: TestFilter): void {
    const bytes = typeof filter.module === 'string' ? readFileSync(filter.module) : filter.module;
    const label = typeof filter.module === 'string' ? filter.module : `filter ${id}`;
    const { manifest, module, initialPages, maximumPages } = loadModule(bytes, label, { allowTrace: true });
    const { name, capabilities, optional } = manifest;
    const config = filter.config ?? {};
    // Who tests what `configure` refuses by itself hands over what the schema would refuse before.
    if (OF_AUTHOR in process.env) mustFit(name, config, manifest.config);
    const phases = phasesWith(config, manifest.phases);
    this.#names.push(name);
    this.#places.push(typeof filter.module === 'string' ? placesOf(filter.module, bytes) : null);
    this.#phases.push(phases);
    const granted = filter.grants ?? [...capabilities, ...optional];
    const shared = createSharedState(granted);
    const { logs, metrics } = this.#chain.load({
      id,
      name,
      moduleName: name,
      module,
      phases,
      initialPages,
      maximumPages: Math.min(maximumPages, (filter.memoryMb ?? 16) * PAGES_PER_MEBIBYTE),
      granted,
      withheld: optional.filter((capability) => !granted.includes(capability)),
      shared,
      callouts: Object.keys(this.#callouts),
      secrets: this.#secrets,
      config: JSON.stringify(config),
      deadlineMs: 0,
      isolation: filter.isolation ?? 'shared',
      onFailure: filter.onFailure ?? 'closed',
      quarantine: NO_QUARANTINE,
    });
    this.configureLogs.push(...logs);
    for (const definition of metrics)
      this.#metrics.push({ filter: name, table: new MetricTable(shared.metrics!), definition });
  }

  #takeTraces(): readonly TestTrace[] {
    const traces = this.#traces;
    this.#traces = [];
    return traces;
  }

  /** Failures of a phase, with lines of sources. @param ids filters of its chain */
  #explained(failures: readonly FilterFailure[], ids: readonly number[]): FilterFailure[] {
    return failures.map((failure) => {
      const places = this.#places[ids[failure.index]!] ?? null;
      const explained = places === null ? failure : { ...failure, message: places.explain(failure.message) };
      this.#failed(explained);
      return explained;
    });
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

  /** Runs the chain of a phase over the message with this body. */
  #run(
    message: PhaseMessage,
    ids: readonly number[],
    body: TestBody | undefined,
    contexts: ReadonlyMap<number, Uint8Array | null>,
  ): TestPhaseOutcome {
    const modes = ids.map((id) => this.#phases[id]![message.phase]!.body);
    const chunks = toChunks(body);
    message.stage = stageOf(modes, body);
    message.body = message.stage === 'follows' || body === undefined ? null : Buffer.concat(chunks);
    const links = ids.map((id) => ({ id, context: contexts.get(id) ?? null, skip: false }));
    const phase = new TestPhase(this.#chain, message, links, (callout) => this.#callOut(callout));
    return phase.run(
      modes.flatMap((mode, index) => (mode === 'stream' ? [index] : [])),
      chunks,
    );
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
    const bytes = Buffer.concat(toChunks(body));
    return { status, failure: CALLOUT_DONE, headers: toHeaders(headers).flat, body: bytes };
  }

  #requestMessage(request: TestRequest): PhaseMessage {
    this.#exchanges += 1;
    const [path = '/', ...query] = request.target.split('?');
    const requestHeaders = toHeaders(request.headers);
    return {
      phase: 'request',
      id: `test-${this.#exchanges}`,
      routeId: request.route ?? 'test',
      scheme: 'http',
      method: request.method ?? 'GET',
      authority: requestHeaders.get('host') ?? 'test.example',
      clientAddress: request.client ?? CLIENT_ADDRESS,
      certificate: factsOf(request.certificate),
      params: (request.params ?? []).map((param) => Buffer.from(param, 'utf8').toString('latin1')),
      path,
      query: query.join('?'),
      requestHeaders,
      status: 0,
      responseHeaders: new HeaderList(),
      body: null,
      stage: 'none',
    };
  }
}

/** At once, so that it stands before whatever ends the test. */
function printTrace(trace: TestTrace): void {
  process.stderr.write(`${formatTrace(trace)}\n`);
}

/** Likewise. A test that looks at something else than `failures` would only say that there is no response. */
function printFailure({ code, message }: FilterFailure): void {
  process.stderr.write(`${printable(`failure ${code}: ${message}`)}\n`);
}

/** Holds a config to the schema of the manifest, as a gateway does before it loads a filter. */
function mustFit(filter: string, config: unknown, schema: unknown): void {
  const faults = compileSchema(schema)(config);
  if (faults.length === 0) return;
  const list = faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  throw new GatewayError('SLUICE_FILTER_CONFIG', `filter ${filter}, config ${list}`, { filter });
}

function placesOf(module: string, bytes: Uint8Array): SourcePlaces | null {
  const map = `${module}.map`;
  return existsSync(map) ? SourcePlaces.of(bytes, readFileSync(map, 'utf8')) : null;
}

function seen(message: PhaseMessage, headers: HeaderList): SeenMessage {
  const body = message.body ?? new Uint8Array(0);
  const target = message.query === '' ? message.path : `${message.path}?${message.query}`;
  return { status: message.status, target, headers, body, text: Buffer.from(body).toString('utf8') };
}

/** As the gateway decides: a body in chunks is held as soon as one filter needs it whole. */
function stageOf(modes: readonly BodyMode[], body: TestBody | undefined): BodyStage {
  if (body === undefined || modes.every((mode) => mode === 'none')) return 'none';
  return isChunked(body) && !modes.includes('buffer') ? 'follows' : 'whole';
}

function isChunked(body: TestBody): body is readonly (string | Uint8Array)[] {
  return typeof body !== 'string' && !(body instanceof Uint8Array);
}

/** One chunk at least: a body in no chunks is an empty one. */
function toChunks(body: TestBody | undefined): Uint8Array[] {
  if (body === undefined || !isChunked(body)) return [toBytes(body)];
  return body.length === 0 ? [toBytes('')] : body.map(toBytes);
}

function toBytes(body: string | Uint8Array | undefined): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : (body ?? new Uint8Array(0));
}

function toHeaders(fields: TestHeaders = {}): HeaderList {
  const headers = new HeaderList();
  for (const [name, value] of Object.entries(fields))
    for (const each of typeof value === 'string' ? [value] : value) headers.add(name.toLowerCase(), each);
  return headers;
}

function factsOf(certificate: TestCertificate | undefined): readonly string[] {
  if (certificate === undefined) return certificateFacts(null);
  const { notAfter = END_OF_2099, ...given } = certificate;
  return certificateFacts({ ...CERTIFICATE, ...given, notAfterMs: notAfter.getTime() });
}
