// The spellings that are known to slip past filters of URLs, one by one. What no table thinks of is in url-fuzz.test.ts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { TestChain } from '../../sdk/testing/index.js';
import { FilterBuildError } from '../../sdk/tools/filter-builder.js';
import { buildInline, manifestOf } from './inline-filter.js';
import { type Failure, parsedByNode, UrlGuest, type UrlParts } from './url-guest.js';

/** A text, and some of the parts that it has. */
type Row = readonly [text: string, parts: Partial<UrlParts>];

const LOOPBACK: Partial<UrlParts> = { hostKind: 'ipv4', host: '127.0.0.1', address: '127.0.0.1' };
const MAPPED: Partial<UrlParts> = {
  ...{ hostKind: 'ipv6', host: '[::ffff:7f00:1]', address: '127.0.0.1', isMappedIpv4: true },
};

const LOOPBACKS: readonly Row[] = [
  ['http://127.0.0.1/', LOOPBACK],
  ['http://127.1/', LOOPBACK],
  ['http://127.0.1/', LOOPBACK],
  ['http://0x7f.1/', LOOPBACK],
  ['http://0X7F000001/', LOOPBACK],
  ['http://2130706433/', LOOPBACK],
  ['http://017700000001/', LOOPBACK],
  ['http://0177.0.0x0.1/', LOOPBACK],
  ['http://127.0.0.1./', LOOPBACK],
  ['http://0127.1/', { host: '87.0.0.1', hostKind: 'ipv4' }],
  ['http://127%2e1/', LOOPBACK],
  ['http://%31%32%37.1/', LOOPBACK],
  ['http:127.1', LOOPBACK],
  ['http:\\\\127.1', LOOPBACK],
  ['http:/\\/\\127.1\\@a/', { ...LOOPBACK, path: '/@a/' }],
  ['ht\ntp://12\t7.1/', LOOPBACK],
  ['\u0000 http://127.1 \n', LOOPBACK],
  ['http://[::ffff:7f00:1]/', MAPPED],
  ['http://[::ffff:127.0.0.1]/', MAPPED],
  ['http://[0:0:0:0:0:FFFF:7F00:0001]/', MAPPED],
  ['http://[::1]/', { hostKind: 'ipv6', host: '[::1]', address: '::1', isMappedIpv4: false }],
  ['http://[::127.0.0.1]/', { host: '[::7f00:1]', address: '::7f00:1', isMappedIpv4: false }],
  ['http://0/', { host: '0.0.0.0', hostKind: 'ipv4' }],
  ['http://0x/', { host: '0.0.0.0', hostKind: 'ipv4' }],
];

const PARTS: readonly Row[] = [
  ['http:\\\\evil', { scheme: 'http', host: 'evil', path: '/' }],
  ['http:///evil', { host: 'evil' }],
  ['http://good.example\\@evil/', { host: 'good.example', path: '/@evil/', hasCredentials: false }],
  ['http://good.example@evil/', { host: 'evil', username: 'good.example', hasCredentials: true }],
  ['http://a@b@c/', { host: 'c', username: 'a%40b', password: '', hasCredentials: true }],
  ['http://a:b:c@d/', { host: 'd', username: 'a', password: 'b%3Ac', hasCredentials: true }],
  ['http://@a/', { host: 'a', hasCredentials: false, href: 'http://a/' }],
  ['http://good.example#@evil/', { host: 'good.example', fragment: '@evil/' }],
  ['http://good.example?@evil/', { host: 'good.example', query: '@evil/' }],
  ['http://A.Example./', { host: 'a.example.', hostKind: 'domain' }],
  ['http://%65xample/', { host: 'example' }],
  ['http://1.2.3.4.example/', { hostKind: 'domain', address: '' }],
  ['https://a:443/', { port: 443, href: 'https://a/' }],
  ['https://a:/', { port: 443, href: 'https://a/' }],
  ['https://a:00080/', { port: 80, href: 'https://a:80/' }],
  ['wss://a', { port: 443, path: '/' }],
  ['ws://a', { port: 80 }],
  ['ftp://a', { port: 21 }],
  ['http://a/b/../%2E%2e/c/.?d#e', { path: '/c/', query: 'd', fragment: 'e' }],
  ['http://a/b\\..\\c', { path: '/c' }],
  ['http://a/^\\^?^#^', { path: '/%5E/%5E', query: '^', fragment: '^' }],
  ['http://a?', { path: '/', query: '', fragment: null }],
  ['http://a#', { path: '/', query: null, fragment: '' }],
  ["http://a/ é'?é'# é'", { path: "/%20%C3%A9'", query: '%C3%A9%27', fragment: "%20%C3%A9'" }],
  ['foo://User@Host:1/a\\..', { scheme: 'foo', hostKind: 'opaque', host: 'Host', port: 1, path: '/a\\..' }],
  ['foo://127.1/', { hostKind: 'opaque', host: '127.1', address: '' }],
  ['foo:///a', { hostKind: 'none', host: '', port: -1, path: '/a' }],
  ['foo:/..//a', { hostKind: 'none', path: '//a', href: 'foo:/.//a' }],
  ['javascript:alert(1)', { scheme: 'javascript', hostKind: 'none', path: 'alert(1)' }],
  ['file:///etc/passwd', { scheme: 'file', hostKind: 'none', host: '', path: '/etc/passwd', port: -1 }],
  ['file://LOCALHOST/c|/../x', { host: '', path: '/c:/x' }],
  ['file:\\\\127.1\\share', { ...LOOPBACK, path: '/share' }],
];

const INTERNATIONAL: readonly Row[] = [
  ['http://１２７．１/', LOOPBACK],
  ['http://127。0。0。1/', LOOPBACK],
  ['http://%EF%BC%90x7f.1/', LOOPBACK],
  ['http://①②⑦.①/', LOOPBACK],
  ['http://ＥＸＡＭＰＬＥ/', { host: 'example', hostKind: 'domain' }],
  ['http://exa\u00admple/', { host: 'example' }],
  ['http://bücher.example/', { host: 'xn--bcher-kva.example' }],
  ['http://XN--BCHER-KVA.example/', { host: 'xn--bcher-kva.example' }],
  [
    `http://${'日'.repeat(60)}.${'本'.repeat(60)}.${'語'.repeat(60)}.example/`,
    { hostKind: 'domain', port: 80 },
  ],
];

const REFUSED: readonly [text: string, failure: Failure][] = [
  ['', 'no-scheme'],
  ['//a/', 'no-scheme'],
  ['/a', 'no-scheme'],
  ['1http://a/', 'no-scheme'],
  ['http', 'no-scheme'],
  ['http:', 'no-host'],
  ['http://', 'no-host'],
  ['http:///?a', 'no-host'],
  ['http://u@/', 'no-host'],
  ['http://:80/', 'no-host'],
  ['foo://u@/', 'no-host'],
  ['foo://:1/', 'no-host'],
  ['http://a b/', 'bad-host'],
  ['http://a%00b/', 'bad-host'],
  ['http://a%2fb/', 'bad-host'],
  ['http://a%40b/', 'bad-host'],
  ['http://a%zz/', 'bad-host'],
  ['http://%25/', 'bad-host'],
  ['http://%ff/', 'bad-host'],
  ['http://a<b/', 'bad-host'],
  ['http://a^b/', 'bad-host'],
  ['http://a|b/', 'bad-host'],
  ['http://a\u007f/', 'bad-host'],
  ['foo://a b/', 'bad-host'],
  ['foo://a^b/', 'bad-host'],
  ['file://a:80/', 'bad-host'],
  ['http://1.2.3.4.5/', 'bad-ipv4'],
  ['http://256.0.0.1/', 'bad-ipv4'],
  ['http://4294967296/', 'bad-ipv4'],
  ['http://1.65536.1/', 'bad-ipv4'],
  ['http://08/', 'bad-ipv4'],
  ['http://a.1/', 'bad-ipv4'],
  ['http://1..2/', 'bad-ipv4'],
  ['http://a.0x1./', 'bad-ipv4'],
  ['http://[::1/', 'bad-ipv6'],
  ['http://[::1]a/', 'bad-ipv6'],
  ['http://[::1%25eth0]/', 'bad-ipv6'],
  ['http://[::1.2.3.04]/', 'bad-ipv6'],
  ['http://[1:2:3:4:5:6:7:8:9]/', 'bad-ipv6'],
  ['foo://[1]/', 'bad-ipv6'],
  ['http://a:65536/', 'bad-port'],
  ['http://a:8x/', 'bad-port'],
  ['http://a:-1/', 'bad-port'],
  ['http://a:４/', 'bad-port'],
];

const ONLY_INTERNATIONAL: readonly [text: string, failure: Failure][] = [
  ['http://a／b/', 'bad-host'],
  ['http://％４１/', 'bad-host'],
  ['http://\u00ad/', 'bad-host'],
  ['http://xn--a/', 'bad-host'],
  ['http://é%2f/', 'bad-host'],
  [`http://${'é'.repeat(600)}/`, 'bad-host'],
];

describe('Url', () => {
  let plain: UrlGuest;
  let international: UrlGuest;
  before(async () => {
    plain = await UrlGuest.build('parse');
    international = await UrlGuest.build('parseInternational');
  });

  const reads = (guest: () => UrlGuest, rows: readonly Row[]): void => {
    for (const [text, parts] of rows) {
      it(`reads ${JSON.stringify(text)} as Node does, with ${JSON.stringify(parts)}`, () => {
        const [answer] = guest().parse([text]);
        assert.deepEqual(answer, parsedByNode(text));
        assert.deepEqual({ ...answer, ...parts }, answer);
      });
    }
  };
  const refuses = (guest: () => UrlGuest, rows: readonly (readonly [string, Failure])[]): void => {
    for (const [text, failure] of rows) {
      it(`refuses ${JSON.stringify(text)}: ${failure}`, () => {
        assert.deepEqual(guest().parse([text]), [{ failure }]);
      });
    }
  };

  reads(() => plain, LOOPBACKS);
  reads(() => plain, PARTS);
  refuses(() => plain, REFUSED);
  refuses(
    () => plain,
    INTERNATIONAL.map(([text]) => [text, 'needs-idna']),
  );

  it('refuses what is not UTF-8, in whatever part', () => {
    for (const text of [
      'http://\xff/',
      'http://a/\xc3',
      'http://a/?\xed\xa0\x80',
      'http://a/#\xc0\xaf',
      'h\x80:',
    ]) {
      assert.deepEqual(plain.parseBytes(Buffer.from(text, 'latin1')), { failure: 'not-utf8' }, text);
    }
  });

  describe('with the capability idna', () => {
    reads(() => international, INTERNATIONAL);
    refuses(() => international, REFUSED);
    refuses(() => international, ONLY_INTERNATIONAL);

    it('refuses on its own what Node refuses', () => {
      const longest = ONLY_INTERNATIONAL.length - 1;
      for (const [text] of [...REFUSED, ...ONLY_INTERNATIONAL.slice(0, longest)]) {
        assert.equal(parsedByNode(text), null, text);
      }
    });
  });

  it('needs the capability for parseInternational only, and the grant of it', async () => {
    const source = (method: string): string => `
      import { Decision, next, Request, Url } from 'sluice';
      export function onRequest(request: Request): Decision { Url.${method}(request.query); return next(); }`;
    await assert.doesNotReject(buildInline(source('parse')));
    await assert.rejects(buildInline(source('parseInternational')), (cause) => {
      assert.ok(cause instanceof FilterBuildError);
      assert.match(cause.message, /uses the capability idna/);
      return true;
    });
    const module = await buildInline(source('parseInternational'), manifestOf({ capabilities: ['idna'] }));
    assert.throws(
      () => new TestChain([{ module, grants: [] }]),
      (cause) => cause instanceof GatewayError && cause.code === 'SLUICE_FILTER_LINK',
    );
  });
});

describe('sdk/README.md', () => {
  it('shows a filter that keeps requests away from closed networks', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts url\n([\s\S]*?)```/.exec(text)![1]!;
    const module = await buildInline(source, manifestOf());
    const chain = new TestChain([{ module, config: { closed: ['8.8.8.0/24'] } }]);
    const send = (url: string) => chain.exchange({ target: `/?url=${encodeURIComponent(url)}` });
    assert.equal(send('https:\\\\Example/../a').upstream?.headers.get('x-url'), 'https://example/a');
    const refusals: [url: string, status: number][] = [
      ['https://0x7f.1/', 403],
      ['https://[::ffff:a00:1]/', 403],
      ['https://8.8.8.8/', 403],
      ['http://example/', 400],
      ['https://a@example/', 400],
      ['https://a b/', 400],
      ['', 400],
    ];
    for (const [url, status] of refusals) assert.equal(send(url).client?.status, status, url);
    assert.throws(
      () => new TestChain([{ module, config: { closed: ['10.0.0.0/8', '10.0.0.1/8'] } }]),
      /\/closed\/1: .*expected no bits set behind the prefix/,
    );
  });
});
