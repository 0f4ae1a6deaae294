// What a connection to a target is, whatever protocol it speaks: a slot that carries one request at a time and opens
// a socket, or a stream on one, when it has none. Call says what happens to a request, a connection only how its bytes travel.
import type { GatewayError } from '../errors.js';
import type { HeaderList } from '../headers.js';
import type { UploadWatch } from './request-body.js';
import type { ResponseHead } from './response-head.js';
import type { UpstreamRequest } from './upstream.js';

/**
 * What a connection tells of a request, in this order: `onSending`, `onAnswering`, `onHead`, `onData` or `onLentData` as often
 * as there is some, and at the end `onComplete` or `onError`, once. `onError` may come at any time.
 */
export interface ConnectionEvents extends UploadWatch {
  /**
   * The first byte goes out now.
   * @param reused the socket has carried a request before
   * @param nowMs  by the monotonic clock, at most a turn of the event loop ago
   */
  onSending(reused: boolean, nowMs: number): void;
  /** The target took a part of a request body that streams. */
  onUploadProgress(): void;
  /** The target took the last byte of a request body that streams. */
  onUploadComplete(): void;
  /** The first bytes of the response are there, perhaps of an informational one. */
  onAnswering(): void;
  /** The final response begins; informational ones are skipped. */
  onHead(head: ResponseHead): void;
  /**
   * @param bytes a part of the body, the receiver's to keep
   * @returns false when the connection must stop until `resume`; what it has read already still comes
   */
  onData(bytes: Uint8Array): boolean;
  /** The same with bytes whose memory is the connection's again when this returns. */
  onLentData(bytes: Uint8Array): boolean;
  /**
   * The connection is free: a new request may be sent before this returns.
   * @param trailers fields after the body; null when there are none
   */
  onComplete(trailers: HeaderList | null): void;
  /** The socket is gone or will be, and the connection is free after the present turn of the event loop's queues. */
  onError(error: Error): void;
}

/** Carries requests to one target, one after another. */
export interface Connection {
  /** Opens a socket if there is none, then sends the request. Only while no other is under way. */
  send(request: UpstreamRequest, events: ConnectionEvents): void;
  /**
   * Ends the request under way; `onError` follows with `reason`, before this returns or soon after. The socket
   * survives if nothing was sent on it yet. Does nothing when no request is under way.
   */
  abort(reason: GatewayError): void;
  /** Goes on reading after `onData` returned false. Never called from inside `onData`. */
  resume(): void;
  /** Closes the socket. Nothing is under way then, and nothing will be. */
  close(): Promise<void>;
}
