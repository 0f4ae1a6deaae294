// What a request carries, as connections and calls look at it.
import { type Body, BufferedBody } from '../exchange.js';

/** Told whose turn it is, so that only the target's silence counts as the target's. */
export interface UploadWatch {
  /** The target takes bytes; the client has to send some. */
  onUploadWanted(): void;
  /** The client has sent more than the target took. */
  onUploadBlocked(): void;
}

/** True for a body that is sent while it arrives. */
export function isStreaming(body: Body | null): boolean {
  return body !== null && !(body instanceof BufferedBody);
}
