// Says when the client of an HTTP/2 connection makes more work than it makes use of. What nghttp2 and Node bound by
// themselves (frames of a header block, answers that are not read, empty and invalid frames) is left to them.

/** Counts start anew after this long. */
const WINDOW_MS = 10_000;
/** Requests that a client may take back in a window, beside as many as it lets come to an end (CVE-2023-44487). */
const MAX_RESETS = 200;
/** PING, SETTINGS and PRIORITY frames in a window, beside two for each piece of a body or of a response. */
const MAX_CONTROL_FRAMES = 1000;
/**
 * Bytes from one look to the next that are no part of a body, beside a head for each request, as many as bodies have, and
 * what frames a piece: clients of gRPC answer each piece with a PING to measure the way.
 */
const MAX_CONTROL_BYTES = 256 * 1024;
const HEAD_BYTES = 16 * 1024;
const PIECE_BYTES = 32;

export class Http2Guard {
  #windowSinceMs: number;
  #resets = 0;
  #ends = 0;
  #frames = 0;
  #pieces = 0;
  /** What was told of since the last look pays for this many bytes. */
  #paidBytes = 0;
  #bytesAtStart = 0;

  constructor(nowMs: number) {
    this.#windowSinceMs = nowMs;
  }

  request(): void {
    this.#paidBytes += HEAD_BYTES;
  }

  /** A piece of a body, in either direction. */
  piece(bytes: number): void {
    this.#pieces++;
    this.#paidBytes += 2 * bytes + PIECE_BYTES;
  }

  /** A response was complete. */
  end(): void {
    this.#ends++;
  }

  /** A request ended before its response, by the client or by a frame of its that was wrong. Returns true when it is enough. */
  reset(nowMs: number): boolean {
    this.#turn(nowMs, null);
    this.#resets++;
    return this.#resets > MAX_RESETS + this.#ends;
  }

  /** Returns true when it is enough. */
  controlFrame(nowMs: number): boolean {
    this.#turn(nowMs, null);
    this.#frames++;
    return this.#frames > MAX_CONTROL_FRAMES + 2 * (this.#pieces + this.#ends);
  }

  /**
   * To be called every few seconds.
   * @param bytesRead of the connection since it began
   * @param heldBytes of bodies that may have come and that nobody has told of, as nobody took them
   * @returns true when it is enough
   */
  bytes(nowMs: number, bytesRead: number, heldBytes: number): boolean {
    const unpaidBytes = bytesRead - this.#bytesAtStart - this.#paidBytes - heldBytes;
    if (unpaidBytes > MAX_CONTROL_BYTES) return true;
    this.#turn(nowMs, bytesRead);
    return false;
  }

  /** Bytes are counted from one look to the next, since nobody says when they come. */
  #turn(nowMs: number, bytesRead: number | null): void {
    if (bytesRead !== null) {
      this.#bytesAtStart = bytesRead;
      this.#paidBytes = 0;
    }
    if (nowMs - this.#windowSinceMs < WINDOW_MS) return;
    this.#windowSinceMs = nowMs;
    this.#resets = 0;
    this.#ends = 0;
    this.#frames = 0;
    this.#pieces = 0;
  }
}
