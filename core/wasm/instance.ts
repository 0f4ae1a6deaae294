// One running guest: its memory, its exports, and the one call per phase. The only file that knows the
// AssemblyScript loader.
import { instantiateSync } from '@assemblyscript/loader';
import {
  EXPORT_BEGIN,
  EXPORT_CONFIGURE,
  EXPORT_ON_BODY,
  EXPORT_ON_CALLOUT,
  EXPORT_ON_REQUEST,
  EXPORT_ON_RESPONSE,
  IMPORT_MODULE,
} from '../../sdk/abi/names.js';
import { GatewayError } from '../errors.js';
import type { Capability } from './capabilities/capabilities.js';
import type { GuestLogLine } from './capabilities/log.js';
import type { MetricDefinition } from './capabilities/metric-table.js';
import type { GrantedSecret } from './capabilities/secret.js';
import { align8, patchTail } from './frame.js';
import { type BodyStage, isChunk, type PhaseName } from './guest-abi.js';
import { GuestHost, type HostServices, type SharedState } from './guest-host.js';
import { GuestView } from './guest-view.js';
import { KnownTexts } from './known-texts.js';
import type { FilterManifest } from './manifest.js';
import { type Reply, type ReplyRules, readReply } from './reply.js';
import type { ScratchBytes } from './scratch-bytes.js';
import { copyInto } from './shared-copy.js';
import { shortened } from './shortened.js';

/** When a filter that keeps failing is left out. */
export interface QuarantineRule {
  /** So many failures within `windowMs`; 0 never leaves it out. */
  readonly failures: number;
  readonly windowMs: number;
  /** Of the calls of a phase, what the failures have to be, 0 to 1; those that ended their worker count at any share. */
  readonly share: number;
  /** How long it is left out the first time; twice as long each time it fails again. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export const NO_QUARANTINE: QuarantineRule = Object.freeze({
  failures: 0,
  windowMs: 0,
  share: 0,
  backoffMs: 0,
  maxBackoffMs: 0,
});

export interface ModuleBuild {
  /** As its manifest says. */
  readonly version: string;
  /** `sha256:` and 64 hex digits, of the bytes of the module. */
  readonly digest: string;
}

/** All that a thread needs to run one configured filter. Structured-cloneable, so it can travel to a worker. */
export interface FilterSpec {
  /** Number of this filter in this process; another config is another number. */
  readonly id: number;
  /** Name of the instance in the config. */
  readonly name: string;
  /** Name in the manifest of its module. */
  readonly moduleName: string;
  /** Which build of the module it is, for people; default unknown. */
  readonly build?: ModuleBuild;
  readonly module: WebAssembly.Module;
  readonly phases: FilterManifest['phases'];
  readonly initialPages: number;
  /** The smaller of what the module declares and what the operator allows, in pages of 64 KiB. */
  readonly maximumPages: number;
  readonly granted: readonly Capability[];
  /** Optional capabilities that it was not granted. Default none. */
  readonly withheld?: readonly Capability[];
  readonly shared: SharedState;
  /** Upstreams that it may call, by id. */
  readonly callouts: readonly string[];
  /** Secrets that it may use, by id. */
  readonly secrets: readonly GrantedSecret[];
  /** Config as JSON text. */
  readonly config: string;
  readonly deadlineMs: number;
  readonly isolation: 'shared' | 'exchange';
  readonly onFailure: 'closed' | 'open';
  readonly quarantine: QuarantineRule;
}

type Begin = (length: number) => number;
type Call = (address: number, length: number) => number;
type GoOn = (address: number, length: number, outcome: number, outcomeLength: number) => number;

/** Of the stack of a guest that failed. Names of functions are the guest's, so they may be of any length. */
const MOST_FRAMES = 12;
const MOST_FRAME_CHARACTERS = 200;
/** Linear memory comes in pages of this many bytes. */
const PAGE_BYTES = 65536;
const PAGES_PER_MEBIBYTE = 16;
/** How the arena of the SDK begins to say that it has nothing left. */
const EXHAUSTED = 'out of memory';

/** Instantiates and configures on construction. */
export class FilterInstance {
  readonly spec: FilterSpec;
  readonly #memory: WebAssembly.Memory;
  readonly #host: GuestHost;
  readonly #begin: Begin;
  readonly #onRequest: Call | undefined;
  readonly #onResponse: Call | undefined;
  readonly #onBody: Call | undefined;
  readonly #onCallout: GoOn | undefined;
  readonly #rules: Pick<ReplyRules, 'upstreams' | 'secrets' | 'filterId'>;
  #bytes: Buffer;
  #words: Int32Array;
  #view: GuestView;
  readonly #scratch: ScratchBytes;
  readonly #texts = new KnownTexts();

  /**
   * @throws GatewayError SLUICE_FILTER_LINK when it cannot be instantiated, SLUICE_FILTER_CONFIG when it refuses
   *   its config, SLUICE_FILTER_TRAP or SLUICE_ABI_* when `configure` fails
   */
  constructor(spec: FilterSpec, services: HostServices) {
    this.spec = spec;
    const { granted, callouts, secrets, id: filterId } = spec;
    this.#rules = {
      upstreams: granted.includes('callouts') ? callouts.length : 0,
      secrets: granted.includes('secrets') ? secrets.length : 0,
      filterId,
    };
    if (spec.initialPages > spec.maximumPages) {
      throw new GatewayError(
        'SLUICE_FILTER_LINK',
        `filter ${spec.name}: needs ${spec.initialPages * PAGE_BYTES} bytes of memory to start, ` +
          `its limit is ${spec.maximumPages * PAGE_BYTES}`,
        { filter: spec.name },
      );
    }
    this.#memory = this.#allocate();
    this.#host = new GuestHost(this.#memory, spec, services);
    const exports = this.#instantiate();
    this.#begin = exports[EXPORT_BEGIN] as Begin;
    this.#onRequest = exports[EXPORT_ON_REQUEST] as Call | undefined;
    this.#onResponse = exports[EXPORT_ON_RESPONSE] as Call | undefined;
    this.#onBody = exports[EXPORT_ON_BODY] as Call | undefined;
    this.#onCallout = exports[EXPORT_ON_CALLOUT] as GoOn | undefined;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#scratch = services.scratch;
    this.#view = new GuestView(this.#bytes, this.#scratch, this.#texts);
    this.#configure(exports[EXPORT_CONFIGURE] as Call);
  }

  /** Bytes of linear memory; it never shrinks. */
  get memoryBytes(): number {
    this.#refresh();
    return this.#bytes.length;
  }

  /** Metrics that it defined. */
  get metrics(): readonly MetricDefinition[] {
    return this.#host.metrics;
  }

  /** Log lines of the last call. */
  takeLines(): readonly GuestLogLine[] {
    return this.#host.takeLines();
  }

  /**
   * Runs one phase, or what a filter does with one chunk of the body. Null means: continue, no edits, no context.
   * @param stage   what this filter is given of the body
   * @param frame   exchange frame as `FrameWriter` wrote it
   * @param body    body or chunk, null with the stages that have none
   * @param context what this filter kept for this exchange
   * @param outcome what the callout came to that this filter asked for in this phase; null at first
   * @throws GatewayError SLUICE_FILTER_TRAP, SLUICE_ABI_*; the instance must not be used again
   */
  call(
    phase: PhaseName,
    stage: BodyStage,
    frame: Uint8Array,
    body: Uint8Array | null,
    context: Uint8Array | null,
    outcome: Uint8Array | null = null,
  ): Reply | null {
    const bodyAt = align8(frame.length);
    const contextAt = align8(bodyAt + (body === null ? 0 : body.length));
    const length = contextAt + (context === null ? 0 : context.length);
    const outcomeAt = align8(length);
    try {
      const address = this.#room(outcome === null ? length : outcomeAt + outcome.length);
      copyInto(this.#bytes, frame, address);
      if (body !== null) copyInto(this.#bytes, body, address + bodyAt);
      if (context !== null) copyInto(this.#bytes, context, address + contextAt);
      patchTail(this.#words, address, frame.length, stage, body, context);
      let reply: number;
      if (outcome !== null) {
        this.#bytes.set(outcome, address + outcomeAt);
        reply = this.#onCallout!(address, length, address + outcomeAt, outcome.length);
      } else if (isChunk(stage)) reply = this.#onBody!(address, length);
      else reply = (phase === 'request' ? this.#onRequest : this.#onResponse)!(address, length);
      if (reply === 0) return null;
      const chunkBytes = isChunk(stage) ? body!.length : 0;
      return this.#read(reply, this.#rulesOf(phase, stage, chunkBytes));
    } catch (cause) {
      throw this.#failure(cause, isChunk(stage) ? `${phase} body` : phase);
    }
  }

  #allocate(): WebAssembly.Memory {
    const { initialPages: initial, maximumPages: maximum } = this.spec;
    try {
      return new WebAssembly.Memory({ initial, maximum });
    } catch (cause) {
      throw this.#linkError(cause);
    }
  }

  #instantiate(): Record<string, unknown> {
    const { spec } = this;
    try {
      const imports = {
        env: { memory: this.#memory },
        [IMPORT_MODULE]: this.#host.functions(),
      };
      return instantiateSync(spec.module, imports as Parameters<typeof instantiateSync>[1]).instance.exports;
    } catch (cause) {
      // Everything else comes out of the guest's start function, which may throw what it likes.
      const isLink = cause instanceof WebAssembly.LinkError || cause instanceof TypeError;
      throw isLink ? this.#linkError(cause) : this.#failure(cause, 'start');
    }
  }

  #linkError(cause: unknown): GatewayError {
    const filter = this.spec.name;
    const reason = (cause as Error).message;
    return new GatewayError('SLUICE_FILTER_LINK', `filter ${filter}: cannot be instantiated: ${reason}`, {
      cause,
      filter,
    });
  }

  #configure(run: Call): void {
    const config = Buffer.from(this.spec.config, 'utf8');
    let reply: Reply | null;
    try {
      const address = this.#room(config.length);
      this.#bytes.set(config, address);
      const answer = run(address, config.length);
      reply = answer === 0 ? null : this.#read(answer, this.#rulesOf('configure', 'none', 0));
    } catch (cause) {
      throw this.#failure(cause, 'configure');
    }
    this.#host.endConfigure();
    if (reply?.decision !== 'refuse') return;
    const { pointer, reason } = reply.refusal ?? { pointer: '', reason: 'no reason given' };
    const place = `/filters/${this.spec.name}/config${shortened(pointer)}`;
    throw new GatewayError('SLUICE_FILTER_CONFIG', `${place}: ${shortened(reason)}`, {
      filter: this.spec.name,
    });
  }

  /** Room in the guest's arena, checked: a guest may answer any address. */
  #room(length: number): number {
    const address = this.#begin(length) >>> 0;
    this.#refresh();
    if ((address & 7) !== 0 || address === 0 || address + length > this.#bytes.length) {
      throw new GatewayError(
        'SLUICE_ABI_FRAME',
        `${EXPORT_BEGIN} answered ${address} for ${length} bytes, expected an 8-aligned address inside the memory`,
      );
    }
    return address;
  }

  /** Field by field: to spread `#rules` into one of more fields calls the runtime and makes every read of it slow. */
  #rulesOf(call: ReplyRules['call'], stage: BodyStage, chunkBytes: number): ReplyRules {
    const { upstreams, secrets, filterId } = this.#rules;
    return { call, stage, chunkBytes, upstreams, secrets, filterId };
  }

  #read(address: number, rules: ReplyRules): Reply {
    this.#refresh();
    return readReply(this.#view, address, rules);
  }

  /** Growing the memory detaches every view of it, and one that is detached is empty: asking the memory costs a call. */
  #refresh(): void {
    if (this.#words.length > 0) return;
    const { buffer } = this.#memory;
    this.#bytes = Buffer.from(buffer);
    this.#words = new Int32Array(buffer);
    this.#view = new GuestView(this.#bytes, this.#scratch, this.#texts);
  }

  #failure(cause: unknown, during: string): GatewayError {
    const filter = this.spec.name;
    if (cause instanceof GatewayError) {
      return new GatewayError(cause.code, `filter ${filter}, ${during}: ${cause.message}`, { cause, filter });
    }
    const stack = cause instanceof Error ? (cause.stack ?? '').split('\n') : [];
    const frames = stack
      .filter((line) => line.includes('wasm://'))
      .slice(0, MOST_FRAMES)
      .map((line) => line.trim().slice(0, MOST_FRAME_CHARACTERS));
    const reason = this.#withRemedy(cause instanceof Error ? cause.message : String(cause));
    const where = frames.length === 0 ? '' : ` (${frames.join(' ')})`;
    return new GatewayError('SLUICE_FILTER_TRAP', `filter ${filter}, ${during}: ${reason}${where}`, {
      cause,
      filter,
    });
  }

  /** A guest does not know whose limit it came to. */
  #withRemedy(reason: string): string {
    if (!reason.startsWith(EXHAUSTED)) return reason;
    const most = this.spec.maximumPages / PAGES_PER_MEBIBYTE;
    return (
      `${reason}: it may have ${most} MiB. Raise limits.memoryMb of the filter, and where the module declares no more ` +
      'memory.maximumMb of its manifest; or have it keep less, or take the body as a stream'
    );
  }
}
