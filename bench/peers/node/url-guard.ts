// The rule of the bench of `url-guard`: `JSON.parse`, and `new URL` over the fields.
import { isJson, parseJson, type Rule } from './rule.js';

const HOSTS = new Set(['hooks.example.com']);
const SUFFIX = '.partners.example';

export const urlGuard: Rule = {
  request({ headers, body }) {
    if (!isJson(headers['content-type'])) return 415;
    const document = parseJson(body) as { users?: unknown } | null | undefined;
    if (document === undefined) return 400;
    const users = document?.users;
    if (!Array.isArray(users)) return null;
    return users.every((user) => isAllowed(user?.callback)) ? null : 400;
  },
};

/** One that others could read differently is not allowed either. */
function isAllowed(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'string') return false;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return false;
  }
  const { protocol, username, password, hostname, port, origin } = url;
  if (protocol !== 'https:' || username !== '' || password !== '' || port !== '') return false;
  if (!HOSTS.has(hostname) && !isBelow(hostname)) return false;
  const spelled = value.slice(0, origin.length + 1).toLowerCase();
  return spelled === origin || spelled === `${origin}/`;
}

function isBelow(host: string): boolean {
  const label = host.length - SUFFIX.length;
  return label > 0 && host.endsWith(SUFFIX) && host.indexOf('.') === label;
}
