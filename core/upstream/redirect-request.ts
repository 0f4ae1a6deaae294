// What is sent to the place that a redirect names: the method of RFC 9110 §15.4, and to strangers no more than what
// says how to answer.
import { HeaderList } from '../headers.js';
import { isStreaming } from './request-body.js';
import type { UpstreamRequest } from './upstream.js';

/** Fields that say nothing about who asks. Any other may be a credential, whatever its name, and stays with the upstream. */
const IMPERSONAL: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'traceparent',
  'user-agent',
  'via',
  'x-request-id',
]);

/**
 * The request as it goes to the next place; null when it cannot be repeated there without a guess: a body that has
 * streamed away, or a method that 301 and 302 leave to the client. A GET keeps its method, a POST becomes one after
 * 301 and 302, and every method but HEAD after 303; 307 and 308 keep method and body.
 * @param leaves the next place is none of the upstream's own targets, or one of the places before it was
 */
export function repeatAt(
  to: URL,
  request: UpstreamRequest,
  status: number,
  leaves: boolean,
): UpstreamRequest | null {
  const method = methodAfter(request.method, status);
  if (method === null) return null;
  const keepsBody = method === request.method && status !== 303;
  if (keepsBody && isStreaming(request.body)) return null;
  return {
    ...request,
    method,
    target: to.pathname + to.search,
    authority: leaves ? '' : request.authority,
    headers: headersFor(request, keepsBody, leaves),
    body: keepsBody ? request.body : null,
  };
}

function methodAfter(method: string, status: number): string | null {
  if (status === 307 || status === 308 || method === 'GET' || method === 'HEAD') return method;
  return status === 303 || method === 'POST' ? 'GET' : null;
}

function headersFor({ headers, confined }: UpstreamRequest, keepsBody: boolean, leaves: boolean): HeaderList {
  const kept: string[] = [];
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (!keepsBody && isAboutContent(name)) continue;
    if (leaves && (!IMPERSONAL.has(name) || confined?.has(name) === true)) continue;
    kept.push(name, flat[i + 1]!);
  }
  return new HeaderList(kept);
}

/** RFC 9110 §15.4: fields that are about the content that is not sent. */
function isAboutContent(name: string): boolean {
  return name.startsWith('content-') || name === 'digest' || name === 'repr-digest';
}
