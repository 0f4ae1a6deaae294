// One question about the health of a target, on a connection of its own.

import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { reasonOf } from './failure.js';
import type { TargetConnector } from './target-connector.js';

const USER_AGENT = 'sluice-health-check';

export interface Probe {
  /** Breaks it off; what is wrong is that, unless the answer was there. */
  destroy(reason?: Error): void;
}

/** @param settled called once, with what is wrong; null when the target is well */
type Settled = (problem: string | null) => void;

/** Asks for the path; 2xx and 3xx are good answers, whatever becomes of the rest of them. */
export function probe(connector: TargetConnector, path: string, settled: Settled): Probe {
  return (connector.protocol === 'http2' ? probeHttp2 : probeHttp1)(connector, path, settled);
}

function probeHttp1(connector: TargetConnector, path: string, settled: Settled): Probe {
  const send = connector.secure ? httpsRequest : httpRequest;
  // No agent: the connection is opened for this check and closed after it.
  const request = send(connector.origin, {
    path,
    createConnection: () => connector.open(ignore),
    headers: { 'user-agent': USER_AGENT },
  });
  const verdict = new Verdict();
  request.on('response', (response) => {
    verdict.answered(response.statusCode ?? 0);
    response.on('error', ignore);
    response.resume();
  });
  request.on('error', (error) => verdict.failed(error));
  request.on('close', () => settled(verdict.problem));
  request.end();
  return request;
}

function probeHttp2(connector: TargetConnector, path: string, settled: Settled): Probe {
  const verdict = new Verdict();
  const socket = connector.open((error) => {
    if (error !== null) return;
    const session = connect(connector.origin, { createConnection: () => socket });
    session.on('error', (reason) => verdict.failed(reason));
    const stream = session.request({ ':path': path, 'user-agent': USER_AGENT });
    stream.on('response', (fields) => {
      verdict.answered(Number(fields[':status']));
      session.destroy();
    });
    stream.on('error', (reason) => verdict.failed(reason));
    stream.on('close', () => session.destroy());
  });
  socket.on('error', (error) => verdict.failed(error));
  socket.on('close', () => settled(verdict.problem));
  return {
    destroy(reason) {
      if (reason !== undefined) verdict.failed(reason);
      socket.destroy();
    },
  };
}

class Verdict {
  #problem: string | null = 'it gave no answer';
  #settled = false;

  get problem(): string | null {
    return this.#problem;
  }

  answered(status: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#problem = status >= 200 && status < 400 ? null : `it answered ${status}`;
  }

  /** After an answer nothing more is wrong with the target; what failed first tells most. */
  failed(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#problem = reasonOf(error);
  }
}

/** Who asks hears of the socket itself. */
function ignore(): void {}
