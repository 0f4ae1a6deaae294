// What no schema can say of secured connections: keys that need each other, and wishes that one engine cannot fulfil.
import type { GatewayError } from '../errors.js';
import type { ConfigDocument } from './document.js';
import { errorAt, pointerTo } from './error-at.js';
import { itemsOf, member, membersOf, textOf } from './raw-value.js';

/** Every error of this kind, in no particular order. */
export function crossCheckTls(document: ConfigDocument): readonly GatewayError[] {
  const errors: GatewayError[] = [];
  const fail = (pointer: string, found: string, expected: string): void => {
    errors.push(errorAt('SLUICE_CONFIG_INVALID', document.place(pointer), found, expected));
  };
  for (const [index, listener] of itemsOf(member(document.value, 'listeners')).entries())
    checkListener(listener, `/listeners/${index}`, fail);
  checkServer(member(member(document.value, 'admin'), 'tls'), '/admin/tls', fail);
  for (const [name, upstream] of membersOf(member(document.value, 'upstreams')))
    checkUpstream(upstream, pointerTo('/upstreams', name), fail);
  return errors;
}

type Fail = (pointer: string, found: string, expected: string) => void;

function checkListener(listener: unknown, pointer: string, fail: Fail): void {
  const tls = member(listener, 'tls');
  checkServer(tls, `${pointer}/tls`, fail);
  if (tls === undefined && member(listener, 'hsts') !== undefined)
    fail(
      `${pointer}/hsts`,
      'a listener without TLS',
      '`tls` beside it: browsers ignore this header otherwise',
    );
  if (tls !== undefined && member(listener, 'redirectToHttps') !== undefined)
    fail(`${pointer}/redirectToHttps`, 'a listener with TLS', 'a listener without `tls`');
  if (member(listener, 'engine') !== 'uws') return;
  const expected = '`engine` "node", or "auto"';
  if (member(listener, 'http2') === true) fail(`${pointer}/http2`, 'HTTP/2 with `engine` "uws"', expected);
  if (member(tls, 'minVersion') === 'TLSv1.3')
    fail(`${pointer}/tls/minVersion`, 'TLS 1.3 only with `engine` "uws"', expected);
  if (member(tls, 'maxVersion') === 'TLSv1.2')
    fail(`${pointer}/tls/maxVersion`, 'TLS 1.2 only with `engine` "uws"', expected);
}

function checkServer(tls: unknown, pointer: string, fail: Fail): void {
  if (tls === undefined) return;
  const certificates = member(tls, 'certificates');
  if (Array.isArray(certificates) && certificates.length === 0)
    fail(`${pointer}/certificates`, 'an empty list', 'at least one certificate');
  if (member(tls, 'minVersion') === 'TLSv1.3' && member(tls, 'maxVersion') === 'TLSv1.2')
    fail(`${pointer}/maxVersion`, '"TLSv1.2"', 'no version before `minVersion`');
  const ca = member(member(tls, 'clientAuth'), 'ca');
  if (Array.isArray(ca) && ca.length === 0)
    fail(`${pointer}/clientAuth/ca`, 'an empty list', 'at least one authority');
}

function checkUpstream(upstream: unknown, pointer: string, fail: Fail): void {
  const tls = member(upstream, 'tls');
  const [[first] = []] = [membersOf(tls)];
  if (first === undefined) return;
  const urls = itemsOf(member(upstream, 'targets')).map((target) => textOf(member(target, 'url')) ?? '');
  if (urls.length > 0 && !urls.some((url) => /^https:/i.test(url)))
    fail(`${pointer}/tls`, 'TLS for targets that are all "http"', 'a target with "https"');
  const [hasCert, hasKey] = [member(tls, 'cert') !== undefined, member(tls, 'key') !== undefined];
  if (hasCert && !hasKey) fail(`${pointer}/tls/cert`, 'a certificate alone', '`key` beside it');
  if (hasKey && !hasCert) fail(`${pointer}/tls/key`, 'a key alone', '`cert` beside it');
  if (!hasKey && member(tls, 'passphrase') !== undefined)
    fail(`${pointer}/tls/passphrase`, 'a passphrase without a key', '`key` beside it');
  const ca = member(tls, 'ca');
  if (Array.isArray(ca) && ca.length === 0)
    fail(`${pointer}/tls/ca`, 'an empty list', 'at least one authority');
}
