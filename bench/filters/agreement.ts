// Proves that the sides of a bench do the same job: each case is sent to each of them, and what became of it compared.
import { isDeepStrictEqual } from 'node:util';
import type { Subject } from '../harness/processes.js';
import { type Case, type FilterBench, pathOf, type Side } from './filter-bench.js';

/** What became of a request. */
export interface Outcome {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Why a side does not do what the others do, one line each; empty when all agree. */
export async function disagreements(
  bench: FilterBench,
  cases: readonly Case[],
  sides: ReadonlyMap<Side, Subject>,
): Promise<string[]> {
  const found: string[] = [];
  for (const wanted of cases) {
    const texts = new Map<Side, string>();
    for (const [side, subject] of sides) {
      const outcome = await send(wanted, subject, pathOf(bench.filter, wanted.request.path, true));
      texts.set(side, outcome.text);
      const reason = findFault(wanted, outcome);
      if (reason !== null) found.push(`${bench.filter}, ${side}: ${wanted.name} ${reason}`);
    }
    // lua-cjson does not keep the order of members; the other two write what was there.
    const isSame = texts.get('sluice') === texts.get('javascript');
    if (wanted.expected.kind === 'cleaned' && !isSame) {
      found.push(`${bench.filter}: ${wanted.name} comes to other bytes in the gateway than in JavaScript`);
    }
  }
  return found;
}

/** Sends a request to `path` of a side; null when what becomes of it is what was expected. */
export async function faultOf(wanted: Case, subject: Subject, path: string): Promise<string | null> {
  return findFault(wanted, await send(wanted, subject, path));
}

async function send({ request, expected }: Case, subject: Subject, path: string): Promise<Outcome> {
  const echo: Record<string, string> = expected.kind === 'passes' ? { 'x-bench-echo': '1' } : {};
  const response = await fetch(`http://127.0.0.1:${subject.port}${path}`, {
    method: request.method,
    headers: { ...request.headers, ...echo },
    body: request.body === '' ? null : request.body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What is wrong with an outcome; null when it is what was expected. */
export function findFault({ request, expected }: Case, { status, headers, text }: Outcome): string | null {
  switch (expected.kind) {
    case 'passes':
      if (status !== 200) return `is answered with ${status}`;
      return text === request.body ? null : 'reaches the upstream with another body';
    case 'refused':
      return status >= 400 && status < 500 ? null : `is answered with ${status}`;
    case 'hidden':
      return text.includes(expected.text) ? 'shows what should be hidden' : null;
    case 'cleaned':
      if (status !== 200) return `is answered with ${status}`;
      if (headers.has('x-powered-by')) return 'has x-powered-by';
      if (headers.get('x-content-type-options') !== 'nosniff') return 'lacks x-content-type-options';
      return isDeepStrictEqual(parse(text), expected.document) ? null : 'comes to another document';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
