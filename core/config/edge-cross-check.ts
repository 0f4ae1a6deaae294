// What no schema can say of who may come in: an admin listener that is open wider needs to know its callers.
import type { GatewayError } from '../errors.js';
import { isLoopback, parseAddress } from './address.js';
import type { ConfigDocument } from './document.js';
import { errorAt, quote } from './error-at.js';
import { itemsOf, member, textOf } from './raw-value.js';
import type { CompleteDocument } from './resolve.js';
import type { SecretValues } from './secret-values.js';

/** As RFC 6750 §2.1 has them; shorter ones are guessed. */
const TOKEN = /^(?=.{16})[A-Za-z0-9._~+/-]+=*$/;

/** Every error of this kind, in no particular order. */
export function crossCheckEdge(document: ConfigDocument): readonly GatewayError[] {
  const { value: root } = document;
  const errors: GatewayError[] = [];
  const fail = (pointer: string, found: string, expected: string): void => {
    errors.push(errorAt('SLUICE_CONFIG_INVALID', document.place(pointer), found, expected));
  };
  for (const [index, listener] of itemsOf(member(root, 'listeners')).entries()) {
    if (member(listener, 'proxyProtocol') !== true) continue;
    const pointer = `/listeners/${index}/proxyProtocol`;
    if (itemsOf(member(listener, 'trustedProxies')).length === 0)
      fail(
        pointer,
        'the PROXY protocol of anybody',
        '`trustedProxies` beside it, with the proxies that speak it',
      );
    if (member(listener, 'engine') === 'uws')
      fail(pointer, 'the PROXY protocol with `engine` "uws"', '`engine` "node", or "auto"');
  }
  const asksForCertificates = itemsOf(member(root, 'listeners')).some(
    (listener) => member(member(listener, 'tls'), 'clientAuth') !== undefined,
  );
  for (const [index, route] of itemsOf(member(root, 'routes')).entries()) {
    if (asksForCertificates || member(route, 'clientCertificate') === undefined) continue;
    const place = document.place(`/routes/${index}/clientCertificate`);
    const found = 'a rule that no client can meet, as no listener asks for certificates';
    errors.push(errorAt('SLUICE_CONFIG_REFERENCE', place, found, 'a listener with `tls.clientAuth`'));
  }
  const admin = member(root, 'admin');
  const address = textOf(member(admin, 'address')) ?? '';
  const lacks = missingOf(admin, address);
  if (lacks !== null) fail('/admin/address', `${quote(address)}, an address beyond loopback`, lacks);
  return errors;
}

/** What an admin listener needs besides to be open so wide; null when there is nothing. */
function missingOf(admin: unknown, text: string): string | null {
  const address = parseAddress(text);
  if (address === null || isLoopback(address)) return null;
  const tls = member(admin, 'tls');
  const clientAuth = member(tls, 'clientAuth');
  const requires = clientAuth !== undefined && (member(clientAuth, 'mode') ?? 'require') === 'require';
  const knowsCallers = requires || member(admin, 'token') !== undefined;
  if (tls !== undefined && knowsCallers) return null;
  const caller = '`token` or `tls.clientAuth` with the mode "require"';
  return `a loopback address, or beside it ${[tls === undefined ? '`tls`' : '', knowsCallers ? '' : caller].filter(Boolean).join(', and ')}`;
}

/** The error of a token that cannot stand in a request, or is soon guessed; null when it is fine. */
export function unfitToken(
  document: ConfigDocument,
  { admin }: CompleteDocument,
  secrets: SecretValues,
): GatewayError | null {
  const value = secrets.byReference.get(admin?.token ?? '');
  if (value === undefined || TOKEN.test(value)) return null;
  const expected = '16 characters or more, letters, digits and "-._~+/", with "=" at the end at most';
  const place = document.place('/admin/token');
  return errorAt('SLUICE_SECRET_UNRESOLVED', place, 'a secret that is no token', expected);
}
