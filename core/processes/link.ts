// Questions and answers between two processes, both ways at once, over the channel that node:child_process gives them.
import { ERROR_TABLE, type ErrorCode, GatewayError } from '../errors.js';
import type { Question } from './messages.js';

/** One end of such a channel. */
export interface LinkEnd {
  send(message: unknown, sent: (error: Error | null) => void): unknown;
  readonly connected: boolean;
}

type Questions<Table> = { readonly [Name in keyof Table]: Question<unknown, unknown> };

/** What this end answers. What is thrown is thrown where it was asked. */
export type Answers<Table extends Questions<Table>> = {
  readonly [Name in keyof Table]: (
    value: Table[Name]['value'],
  ) => Table[Name]['answer'] | Promise<Table[Name]['answer']>;
};

type Message =
  | { readonly kind: 'question'; readonly id: number; readonly name: string; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly code: string | null; readonly message: string };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Link<Asked extends Questions<Asked>, Answered extends Questions<Answered>> {
  readonly #end: LinkEnd;
  readonly #answers: Answers<Answered>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(end: LinkEnd, answers: Answers<Answered>) {
    this.#end = end;
    this.#answers = answers;
  }

  /** @throws what the other end throws; Error when it is gone */
  ask<Name extends keyof Asked & string>(
    name: Name,
    value: Asked[Name]['value'],
  ): Promise<Asked[Name]['answer']> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      if (!this.#send({ kind: 'question', id, name, value })) this.close();
    });
  }

  /** To be called with every message that comes. */
  receive(message: Message): void {
    if (message.kind === 'question') {
      void this.#answer(message.id, message.name as keyof Answered & string, message.value);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.value);
    else pending?.reject(toError(message.code, message.message));
  }

  /** Whoever waits for an answer waits in vain. */
  close(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new Error('the other process is gone'));
  }

  async #answer(id: number, name: keyof Answered & string, value: unknown): Promise<void> {
    try {
      this.#send({ kind: 'answer', id, value: await this.#answers[name](value) });
    } catch (cause) {
      const code = cause instanceof GatewayError ? cause.code : null;
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#send({ kind: 'refusal', id, code, message });
    }
  }

  #send(message: Message): boolean {
    if (!this.#end.connected) return false;
    // Who is gone is heard of by the end of the channel.
    this.#end.send(message, () => undefined);
    return true;
  }
}

function toError(code: string | null, message: string): Error {
  if (code !== null && Object.hasOwn(ERROR_TABLE, code)) return new GatewayError(code as ErrorCode, message);
  return new Error(message);
}
