// The part of the uWebSockets.js API that we rely on, so that only uws-listener.ts knows the package. Notes say
// what its core of autumn 2024 was measured to do; its own documentation is silent on most of it.

/** An answer in the making. Every method throws once the response is complete or the client has left. */
export interface UwsResponse {
  /** Appends CR LF and passes inner CR LF on: a whole head fits into one call, which saves one call per field. */
  writeStatus(status: string | Uint8Array): unknown;
  /**
   * Copies and keeps what the socket does not take. Returns false when it kept something, true also for what a cork
   * holds. What does not fit into the cork it may lose: see uws-cork.ts.
   */
  write(chunk: Uint8Array): boolean;
  /** Adds `content-length`, or the last chunk after `write`; after `write` a true `close` breaks the chunks. */
  end(body?: Uint8Array, close?: boolean): unknown;
  /** Adds nothing but `date`. With any argument it breaks the connection. */
  endWithoutBody(): unknown;
  /** Writes what the socket takes and keeps nothing. Returns [all taken, response complete]. */
  tryEnd(chunk: Uint8Array, total: number): [boolean, boolean];
  /** Body bytes that the socket has taken so far, of `tryEnd` only. */
  getWriteOffset(): number;
  /** With a handler set, what `write` kept moves on only when we write or cork again. */
  onWritable(handler: (offset: number) => boolean): unknown;
  onAborted(handler: () => void): unknown;
  /** The buffer dies when the handler returns. Goes on also after the response is complete. */
  onData(handler: (chunk: ArrayBuffer, last: boolean) => void): unknown;
  /** Stops polling in both directions and disarms the timer of about 10 s. */
  pause(): unknown;
  /** Polls again and arms that timer. Polls what the last paused socket of the process had polled. */
  resume(): unknown;
  cork(write: () => void): unknown;
  /** Cuts the connection; bytes that the kernel already took still arrive. Runs the abort handler. */
  close(): unknown;
  getRemoteAddress(): ArrayBuffer;
  /**
   * What the last preamble of the PROXY protocol on the connection said, empty without one. It is taken from anybody, and
   * before each request: who speaks through a proxy that sends one can send another.
   */
  getProxiedRemoteAddress(): ArrayBuffer;
  /** PEM of what the client showed, also in a session that is resumed; '' for nothing. Not in clear text. */
  getX509Certificate(): string;
}

/** A request; gone when its handler returns. */
export interface UwsRequest {
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  /** Undefined without `?`. */
  getQuery(): string | undefined;
  /** First value of this name, one character per byte. */
  getHeader(name: string): string;
  /** All fields, read as UTF-8: bytes that are none come out as U+FFFD. */
  forEach(visit: (name: string, value: string) => void): void;
}

/** What takes the requests of a pattern. */
type UwsHandler = (res: UwsResponse, req: UwsRequest) => void;

/** Names of the methods that register a handler for one method of HTTP, spelt as usual. */
export type UwsVerb = 'get' | 'head' | 'post' | 'put' | 'patch' | 'del' | 'options';

/** Never freed: closures that it was given live as long as the process. */
export interface UwsApp extends Record<UwsVerb, (pattern: string, handler: UwsHandler) => unknown> {
  /** Of the name that `domain` chose last, else of no name. What is registered for the method goes before. */
  any(pattern: string, handler: UwsHandler): unknown;
  listen(host: string, port: number, options: number, bound: (socket: unknown) => void): unknown;
  close(): unknown;
}

/** Paths of PEM files, read while the call that takes them runs; `ca_file_name` is read twice. */
export interface UwsTlsOptions {
  readonly cert_file_name: string;
  readonly key_file_name: string;
  /** Asks clients for a certificate of these. Cuts the handshake of one with another, but not of one without. */
  readonly ca_file_name?: string;
  /** Of TLS 1.2, which begins at that. The client's order counts. */
  readonly ssl_ciphers: string;
}

/** Its connections show what it was made with to clients that send no name or one that is not among the added ones. */
export interface UwsTlsApp extends UwsApp {
  /**
   * Exact, or `*.` for one label more; letters count with their case, and more than ten labels are never found. Its
   * requests find no route of the app but those added after `domain(name)`. Does nothing when the engine does not take
   * the files.
   */
  addServerName(name: string, options: UwsTlsOptions): unknown;
  /** Frees what its running connections need: they end at their next request. Writes to stdout. */
  removeServerName(name: string): unknown;
  /** Writes to stdout. */
  domain(name: string): unknown;
  /** In the handshake; a name that is added meanwhile is found. */
  missingServerName(handler: (name: string) => void): unknown;
  /** Called with 1 for each connection that opens, with -1 for each that closes. */
  filter(handler: (res: unknown, count: number) => void): unknown;
  getDescriptor(): number;
  /** What this app accepts goes to its children in turn, a little later. */
  addChildAppDescriptor(descriptor: number): unknown;
  removeChildAppDescriptor(descriptor: number): unknown;
}

/** What the package exports; its own declarations leave some of it out. */
export interface UwsModule {
  App(): UwsApp;
  /** Throws when the engine does not take the files. Without options it can only pass connections on to children. */
  SSLApp(options: UwsTlsOptions | Record<string, never>): UwsTlsApp;
  us_listen_socket_close(socket: unknown): void;
  us_socket_local_port(socket: unknown): number;
  /** Shares the port (SO_REUSEPORT) with all that do, of the same user. */
  readonly LIBUS_LISTEN_DEFAULT: number;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  _cfg(setting: 'silent'): void;
}
