// The rule of the bench of `policy`, by hand.
import { isJson, type ProxiedRequest, type Rule } from './rule.js';

const ORDERS = '/with/policy/orders';
const ORDER = /^\/with\/policy\/orders\/[^/]+$/;

export const policy: Rule = {
  request: (request) => (isAllowed(request) ? null : 403),
};

function isAllowed({ method, path, query, headers }: ProxiedRequest): boolean {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return false;
  }
  if (decoded === ORDERS) {
    const names = namesOf(query, ['page', 'tag']);
    return method === 'GET' && names !== null && names.has('page');
  }
  if (!ORDER.test(decoded)) return false;
  if (method === 'GET' || method === 'HEAD') return namesOf(query, ['fields']) !== null;
  return (
    (method === 'PUT' || method === 'PATCH') &&
    (headers['authorization']?.startsWith('Bearer ') ?? false) &&
    headers['x-debug'] === undefined &&
    isJson(headers['content-type']) &&
    namesOf(query, ['notify']) !== null
  );
}

/** The names of a query; null where one is not allowed or is there twice. */
function namesOf(query: string, allowed: readonly string[]): Set<string> | null {
  const names = new Set<string>();
  if (query === '') return names;
  for (const name of new URLSearchParams(query).keys()) {
    if (!allowed.includes(name) || names.has(name)) return null;
    names.add(name);
  }
  return names;
}
