// Lower-case names of response fields. A name that is known costs one look-up, and what is returned for it is a string
// whose hash has been computed: every later look-up of it is cheaper than that of a fresh one.

const KNOWN = [
  ...['accept-ranges', 'access-control-allow-credentials', 'access-control-allow-headers'],
  ...['access-control-allow-methods', 'access-control-allow-origin', 'access-control-expose-headers'],
  ...['access-control-max-age', 'age', 'allow', 'alt-svc', 'cache-control', 'connection'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-location'],
  ...['content-range', 'content-security-policy', 'content-type', 'cross-origin-opener-policy'],
  ...['cross-origin-resource-policy', 'date', 'etag', 'expires', 'keep-alive', 'last-modified', 'link'],
  ...['location', 'origin-agent-cluster', 'pragma', 'proxy-authenticate', 'referrer-policy', 'retry-after'],
  ...['server', 'server-timing', 'set-cookie', 'strict-transport-security', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'vary', 'via', 'www-authenticate', 'x-content-type-options', 'x-dns-prefetch-control'],
  ...['x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-powered-by'],
  ...['x-request-id', 'x-xss-protection'],
];

/** From the two spellings that servers use. */
const LOWER = new Map<string, string>();
for (const name of KNOWN) {
  LOWER.set(name, name);
  LOWER.set(
    name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
    name,
  );
}
LOWER.set('ETag', 'etag');
LOWER.set('WWW-Authenticate', 'www-authenticate');

/** @param name a token as received */
export function lowerCaseName(name: string): string {
  return LOWER.get(name) ?? name.toLowerCase();
}
