// Cases that are a POST of one body.
import type { Case } from './filter-bench.js';

/**
 * Makes cases whose request goes to `path` and is taken or refused for its body. A text is sent as it is, anything else
 * as JSON.
 */
export function postedTo(
  path: string,
): (name: string, body: unknown, isGood: boolean, contentType?: string) => Case {
  return (name, body, isGood, contentType = 'application/json') => ({
    name,
    request: {
      method: 'POST',
      path,
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    expected: { kind: isGood ? 'passes' : 'refused' },
  });
}
