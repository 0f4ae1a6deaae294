// A KeyValueStore over etcd3: its clients of single calls and its raw watch stream, none of its policies. Its watcher
// loses events, its retries repeat commits, and its pool answers from whichever member it likes.
import {
  Etcd3,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  type IOptions,
} from 'etcd3';
import { type ErrorCode, GatewayError } from '../errors.js';
import { connectionWords } from './connection-words.js';
import { deferred } from './deferred.js';
import type {
  Condition,
  KeyRange,
  KeyValueStore,
  Listing,
  StoredEntry,
  WatchEvent,
  WatchListener,
  Write,
} from './key-value-store.js';

/** Which member is connected to, and how. */
export interface EtcdStoreOptions {
  /** `host:port` of one member. */
  readonly endpoint: string;
  /** Null speaks in clear. */
  readonly tls: EtcdTls | null;
  readonly user: { readonly name: string; readonly password: string } | null;
  /** How long a call may take, in milliseconds. */
  readonly callMs: number;
}

/** How etcd is believed, and what it is shown. */
export interface EtcdTls {
  /** PEM certificates that the member's must lead to; null for those of the system. */
  readonly ca: Buffer | null;
  /** PEM; null when etcd asks for none. */
  readonly client: { readonly cert: Buffer; readonly key: Buffer } | null;
}

type FaultHandling = NonNullable<IOptions['faultHandling']>;
type WatchStream = Awaited<ReturnType<Etcd3['watchClient']['watch']>>;
type KeyValue = Awaited<ReturnType<Etcd3['kv']['range']>>['kvs'][number];

/** Entries that one call reads: all values of a page must fit into one message. */
const PAGE = 64;
/** etcd keeps values below 1.5 MiB by default; a page of the largest ones is below this. */
const MOST_MESSAGE_BYTES = 128 * 1024 * 1024;
/** Quiet connections are looked at this often; etcd ends those that ask more than every five seconds. */
const KEEPALIVE_MS = 10_000;

const DENIED = /permission denied|authentication failed|user name is empty|invalid auth token/i;

/** Calls once and says what happened. */
const ONCE = {
  execute: async (work: (context: object) => unknown) => await work({}),
} as unknown as FaultHandling['global'] & object;

export class EtcdStore implements KeyValueStore {
  readonly endpoint: string;
  readonly #client: Etcd3;
  readonly #callMs: number;
  readonly #isSecure: boolean;
  readonly #streams = new Set<WatchStream>();

  constructor(options: EtcdStoreOptions) {
    const { endpoint, tls, user, callMs } = options;
    this.endpoint = endpoint;
    this.#callMs = callMs;
    this.#isSecure = tls !== null;
    this.#client = new Etcd3({
      hosts: `${tls === null ? 'http' : 'https'}://${endpoint}`,
      ...(tls === null ? {} : credentialsOf(tls)),
      ...(user === null
        ? {}
        : { auth: { username: user.name, password: user.password, callOptions: () => this.#deadline() } }),
      faultHandling: { global: ONCE, host: () => ONCE },
      grpcOptions: {
        'grpc.keepalive_time_ms': KEEPALIVE_MS,
        'grpc.keepalive_timeout_ms': callMs,
        // etcd takes pings of a connection without a stream for an attack.
        'grpc.keepalive_permit_without_calls': 0,
        'grpc.max_receive_message_length': MOST_MESSAGE_BYTES,
        'grpc.max_send_message_length': MOST_MESSAGE_BYTES,
        // A proxy for the web in the environment is none for what decides what gateways run.
        'grpc.enable_http_proxy': 0,
        // Connections of one endpoint are pooled across clients otherwise: a new client would get the broken one.
        'grpc.use_local_subchannel_pool': 1,
      },
    });
  }

  async list(ranges: readonly KeyRange[]): Promise<Listing> {
    const entries: StoredEntry[] = [];
    let seen: { clusterId: string; revision: bigint } | null = null;
    for (const range of ranges) {
      const bounds = boundsOf(range);
      for (let from: Buffer | null = bounds.key; from !== null; ) {
        const { header, kvs, more } = await this.#call(() =>
          this.#client.kv.range(
            {
              ...bounds,
              key: from!,
              limit: PAGE,
              sort_order: 'Ascend',
              sort_target: 'Key',
              ...(seen === null ? {} : { revision: seen.revision.toString() }),
            },
            this.#deadline(),
          ),
        );
        seen ??= { clusterId: header.cluster_id, revision: BigInt(header.revision) };
        if (header.cluster_id !== seen.clusterId) throw this.#unreachable('another cluster answers now');
        for (const pair of kvs) entries.push(entryOf(pair));
        from = more ? Buffer.concat([kvs.at(-1)!.key, Buffer.of(0)]) : null;
      }
    }
    return { ...seen!, entries };
  }

  async keys(prefix: string): Promise<string[]> {
    const range = {
      ...boundsOf({ prefix }),
      keys_only: true,
      sort_order: 'Ascend',
      sort_target: 'Key',
    } as const;
    const { kvs } = await this.#call(() => this.#client.kv.range(range, this.#deadline()));
    return kvs.map(({ key }) => key.toString());
  }

  async get(key: string): Promise<StoredEntry | null> {
    const { kvs } = await this.#call(() =>
      this.#client.kv.range({ key: Buffer.from(key) }, this.#deadline()),
    );
    return kvs[0] === undefined ? null : entryOf(kvs[0]);
  }

  async commit(conditions: readonly Condition[], writes: readonly Write[]): Promise<boolean> {
    const { succeeded } = await this.#call(() =>
      this.#client.kv.txn(
        { compare: conditions.map(compareOf), success: writes.map(operationOf) },
        this.#deadline(),
      ),
    );
    return succeeded;
  }

  async watch(ranges: readonly KeyRange[], revision: bigint, listener: WatchListener): Promise<void> {
    const stream = await this.#call(() => this.#client.watchClient.watch());
    this.#streams.add(stream);
    const accepted = deferred<void>();
    let waiting = ranges.length;
    let isOver = false;
    const end = (cause: unknown): void => {
      if (isOver) return;
      isOver = true;
      const error = this.#errorOf(cause);
      if (waiting > 0) accepted.reject(error);
      else if (this.#streams.has(stream)) listener.lost(error);
      this.#streams.delete(stream);
      stream.cancel();
    };
    const deadline = setTimeout(() => end(this.#unreachable('no answer to a watch')), this.#callMs);
    stream.on('error', end);
    stream.on('end', () => end(this.#unreachable('the watch ended')));
    stream.on('data', (response) => {
      if (isOver) return;
      if (response.canceled) {
        const compacted = `history before revision ${response.compact_revision} is gone`;
        const cancelled = `the watch was cancelled: ${(response as { cancel_reason?: string }).cancel_reason ?? ''}`;
        end(this.#unreachable(response.compact_revision === '0' ? cancelled : compacted));
        return;
      }
      if (response.created) {
        waiting -= 1;
        if (waiting > 0) return;
        clearTimeout(deadline);
        accepted.resolve();
      }
      if (response.events.length > 0) listener.events(response.events.map(eventOf));
    });
    for (const range of ranges) {
      stream.write({ create_request: { ...boundsOf(range), start_revision: revision.toString() } });
    }
    await accepted.promise.finally(() => clearTimeout(deadline));
  }

  async grantLease(seconds: number): Promise<string> {
    const { ID } = await this.#call(() =>
      this.#client.leaseClient.leaseGrant({ TTL: seconds }, this.#deadline()),
    );
    return ID;
  }

  async keepLease(lease: string): Promise<boolean> {
    const stream = await this.#call(() => this.#client.leaseClient.leaseKeepAlive(this.#deadline()));
    const answered = deferred<boolean>();
    stream.on('data', ({ TTL }) => answered.resolve(Number(TTL) > 0));
    stream.on('error', (cause) => answered.reject(cause));
    stream.on('end', () => answered.reject(this.#unreachable('the keep-alive ended')));
    stream.write({ ID: lease });
    try {
      return await answered.promise;
    } catch (cause) {
      throw this.#errorOf(cause);
    } finally {
      stream.end();
    }
  }

  async revokeLease(lease: string): Promise<void> {
    await this.#call(() => this.#client.leaseClient.leaseRevoke({ ID: lease }, this.#deadline()));
  }

  close(): void {
    for (const stream of this.#streams) {
      this.#streams.delete(stream);
      stream.cancel();
    }
    this.#client.close();
  }

  #deadline(): { deadline: number } {
    return { deadline: Date.now() + this.#callMs };
  }

  /** etcd3 opens streams, and asks for tokens, without any deadline of its own. */
  async #call<Result>(call: () => Promise<Result>): Promise<Result> {
    const late = deferred<never>();
    const deadline = setTimeout(
      () => late.reject(this.#unreachable(`no answer within ${this.#callMs} ms`)),
      // The deadline of the call itself comes first, its error says more.
      this.#callMs * 1.2,
    );
    try {
      return await Promise.race([call(), late.promise]);
    } catch (cause) {
      throw this.#errorOf(cause);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** What etcd3 and grpc throw, as one of ours. */
  #errorOf(cause: unknown): GatewayError {
    if (cause instanceof GatewayError) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const words = connectionWords(message, this.#isSecure);
    return new GatewayError(codeOf(cause), `${this.endpoint}: ${words}`, { cause });
  }

  #unreachable(why: string): GatewayError {
    return new GatewayError('SLUICE_CONFIG_STORE_UNREACHABLE', `${this.endpoint}: ${why}`);
  }
}

function credentialsOf({ ca, client }: EtcdTls): Pick<IOptions, 'credentials'> {
  if (ca === null && client === null) return {};
  return {
    credentials: {
      // Null asks grpc for the certificates of the system; the types of etcd3 do not know of it.
      rootCertificate: ca as Buffer,
      ...(client === null ? {} : { privateKey: client.key, certChain: client.cert }),
    },
  };
}

function boundsOf(range: KeyRange): { key: Buffer; range_end?: Buffer } {
  if ('key' in range) return { key: Buffer.from(range.key) };
  return { key: Buffer.from(range.prefix), range_end: endOfPrefix(range.prefix) };
}

/** The first key behind all that begin with the prefix. */
function endOfPrefix(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  // UTF-8 never holds 0xff.
  end[end.length - 1]! += 1;
  return end;
}

function entryOf({ key, value, mod_revision }: KeyValue): StoredEntry {
  return { key: key.toString(), value, modRevision: BigInt(mod_revision) };
}

function eventOf(event: { type: string; kv: KeyValue }): WatchEvent {
  const isRemoval = event.type.toUpperCase() === 'DELETE';
  const { key, mod_revision } = event.kv;
  return { key: key.toString(), revision: BigInt(mod_revision), entry: isRemoval ? null : entryOf(event.kv) };
}

function compareOf({ key, state }: Condition) {
  const subject = { key: Buffer.from(key) };
  if (state === 'absent') return { ...subject, target: 'Version', result: 'Equal', version: 0 } as const;
  if (state === 'present') return { ...subject, target: 'Version', result: 'Greater', version: 0 } as const;
  return { ...subject, target: 'Mod', result: 'Equal', mod_revision: state.toString() } as const;
}

function operationOf(write: Write) {
  if ('remove' in write) return { request_delete_range: boundsOf({ key: write.remove }) };
  if ('removePrefix' in write) return { request_delete_range: boundsOf({ prefix: write.removePrefix }) };
  const { put, value, lease } = write;
  return {
    request_put: {
      key: Buffer.from(put),
      value: Buffer.from(value),
      ...(lease === undefined ? {} : { lease }),
    },
  };
}

function codeOf(cause: unknown): ErrorCode {
  const isDenied =
    cause instanceof EtcdAuthenticationFailedError ||
    cause instanceof EtcdPermissionDeniedError ||
    cause instanceof EtcdInvalidAuthTokenError ||
    cause instanceof GRPCUnauthenticatedError ||
    // Of a stream, etcd3 leaves the error as grpc made it.
    DENIED.test(String((cause as Error).message));
  if (isDenied) return 'SLUICE_CONFIG_STORE_DENIED';
  const isRefused =
    cause instanceof GRPCInvalidArgumentError ||
    cause instanceof GRPCResourceExhastedError ||
    cause instanceof GRPCFailedPreconditionError;
  return isRefused ? 'SLUICE_CONFIG_STORE_REFUSED' : 'SLUICE_CONFIG_STORE_UNREACHABLE';
}
