// Moves bodies through a server, and says what that took.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuBetween, cpuOf, peakMb, resetPeak, residentMb } from '../harness/accounting.js';
import { end, type Subject } from '../harness/processes.js';

/** What is asked of a server, so many times. */
export interface Transfer {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What a POST sends: a text, or so many bytes. */
  readonly body: string | number;
  /** How long the response has to be. */
  readonly leastBytes: number;
  readonly count: number;
  readonly connections: number;
}

export interface TransferOrder extends Transfer {
  readonly port: number;
}

export interface TransferResult {
  readonly seconds: number;
  readonly failed: number;
  /** What the last one that failed came to, e.g. `answered 413`; empty where none did. */
  readonly answer: string;
}

/** What it took the server. */
export interface Moved extends TransferResult {
  /** Transfers. */
  readonly perSecond: number;
  /** User and system time of all threads for one transfer. */
  readonly cpuMs: number;
  /** How far its memory rose above what it had before; null where the kernel does not say. */
  readonly grownMb: number | null;
}

/** The process that has the other end. */
export class TransferClient {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./transfer-process.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** @throws Error when the process ends meanwhile */
  async move({ port, pids }: Subject, transfer: Transfer): Promise<Moved> {
    const order: TransferOrder = { ...transfer, port };
    const hasPeak = resetPeak(pids);
    const beforeMb = residentMb(pids);
    const before = cpuOf(pids);
    const result = await this.#answerTo(order);
    const cpu = cpuBetween(before, cpuOf(pids));
    return {
      ...result,
      perSecond: transfer.count / result.seconds,
      cpuMs: (cpu * 1000) / transfer.count,
      grownMb: hasPeak ? Math.max(0, peakMb(pids) - beforeMb) : null,
    };
  }

  #answerTo(order: TransferOrder): Promise<TransferResult> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const answered = (result: unknown): void => {
        child.off('exit', ended);
        resolve(result as TransferResult);
      };
      const ended = (code: number | null): void => {
        child.off('message', answered);
        reject(new Error(`the process that moves bodies ended with ${code}`));
      };
      child.once('message', answered).once('exit', ended);
      child.send(order);
    });
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
