// Names that mean what a test says they do, in place of the system's resolver.
import type { LookupAddress } from 'node:dns';
import { isIPv6 } from 'node:net';
import type { ResolveName } from '../../core/upstream/dial.js';

export class ScriptedNames {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, readonly (readonly string[])[]>>;

  /** @param answers the addresses of a name, one list for each time it is asked for; the last one stays */
  constructor(answers: Readonly<Record<string, readonly (readonly string[])[]>>) {
    this.#answers = answers;
  }

  readonly resolve: ResolveName = (name, _options, settled) => {
    const times = this.asked.filter((earlier) => earlier === name).length;
    this.asked.push(name);
    const answers = this.#answers[name];
    const answer = answers?.[Math.min(times, answers.length - 1)];
    // As late as an answer of the system is.
    setImmediate(() => {
      if (answer === undefined) settled(notFound(name), []);
      else settled(null, answer.map(toLookupAddress));
    });
  };
}

function toLookupAddress(address: string): LookupAddress {
  return { address, family: isIPv6(address) ? 6 : 4 };
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
}
