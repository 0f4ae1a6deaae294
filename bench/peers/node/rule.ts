// What a rule of the hand-written proxy is.

/** A request as the proxy has it: names of headers in lower case, the path as it came. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  /** Without the `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ProxiedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Rule {
  /** The status to refuse with; null lets the request through. */
  request?(request: ProxiedRequest): number | null;
  response?(response: ProxiedResponse): ProxiedResponse;
}

/** Whether a content type is JSON, whatever its parameters are. */
export function isJson(contentType: string | undefined): boolean {
  return /^\s*application\/json\s*(?:;|$)/i.test(contentType ?? '');
}

/** The value, or undefined where the bytes are no JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
