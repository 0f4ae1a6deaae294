// What load on a server is, and what it measures; who makes it is another file's.
import type { Subject } from './processes.js';

export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** User and system time of the subject over requests served, in microseconds. */
  readonly cpuUs: number;
}

export interface LoadPlan {
  readonly request: LoadRequest;
  /** Where the requests go, one after the other, instead of all to the path of `request`. */
  readonly paths?: readonly string[];
  readonly connections: number;
  /** May be a part of one where the generator can. */
  readonly seconds: number;
  /**
   * How long a connection waits between an answer and its next request, on average; 0 for not at all, which is as much as
   * the server takes.
   */
  readonly pauseMs: number;
  /** Answers of 400 and above are what is wanted, and all others failed. */
  readonly isRefused: boolean;
}

/** Makes load: as many requests as connections allow, each sent when the one before it was answered. */
export interface LoadGenerator {
  readonly name: string;
  load(subject: Subject, plan: LoadPlan): Promise<LoadResult>;
}

export function urlOf({ scheme, port }: Subject, { request }: LoadPlan): string {
  return `${scheme}://127.0.0.1:${port}${request.path}`;
}
