// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorsOf, summaryOf } from './validating.js';

interface BadDocument {
  readonly text: string;
  /** `CODE LINE:COLUMN /pointer` of every error, without the `SLUICE_` of the code. */
  readonly errors: readonly string[];
  /** What the first message must say. */
  readonly says: RegExp;
}

const L = 'listeners: []\n';
const U = 'upstreams: { u: { targets: [] } }\n';
const F = 'filters: { f: { module: builtin:policy } }\n';

/** A document whose only route, on line 3, is this flow mapping. */
function route(text: string): string {
  return `${L}${U}routes: [${text}]\n`;
}

const CLIENT = '{ id: r, match: { path: /, methods: [GET] }, upstream: u, clientCertificate: ';

/** A document whose only upstream, on line 2, has this flow mapping. */
function upstream(text: string): string {
  return `${L}upstreams: { u: ${text} }\n`;
}

const BAD: Readonly<Record<string, BadDocument>> = {
  'an empty text': { text: '', errors: ['CONFIG_INVALID 1:1'], says: /found nothing, expected an object/ },
  'a text that is a list': {
    text: '- a\n',
    errors: ['CONFIG_INVALID 1:1'],
    says: /found a list, expected an object/,
  },
  'no listeners': {
    text: 'routes: []\n',
    errors: ['CONFIG_INVALID 1:1'],
    says: /found no "listeners", expected the key "listeners": /,
  },
  'broken YAML': {
    text: 'listeners: [\n',
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /expected YAML 1\.2 or JSON/,
  },
  'a tab as indentation, once': {
    text: 'listeners:\n\t- a\n\t- b\nroutes:\n\t- c\n',
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /[Tt]ab/,
  },
  'a tab as indentation': { text: 'listeners:\n\t- a\n', errors: ['CONFIG_SYNTAX 2:1'], says: /[Tt]ab/ },
  'a duplicate key': {
    text: 'listeners: []\nlisteners: []\n',
    errors: ['CONFIG_SYNTAX 2:1 /listeners'],
    says: /the key "listeners" again/,
  },
  'a duplicate key in JSON': {
    text: '{"listeners": [],\n "log": {"level": "info", "level": "info"}}',
    errors: ['CONFIG_SYNTAX 2:27 /log/level'],
    says: /again/,
  },
  'a second document': { text: `${L}---\n${L}`, errors: ['CONFIG_SYNTAX 2:1'], says: /one document/ },
  'YAML 1.1': { text: `%YAML 1.1\n---\n${L}`, errors: ['CONFIG_SYNTAX 1:1'], says: /YAML 1\.2/ },
  'a tag': {
    text: 'listeners: !!seq []\n',
    errors: ['CONFIG_SYNTAX 1:18 /listeners'],
    says: /without a tag/,
  },
  'an unknown tag': {
    text: 'listeners: !env LISTENERS\n',
    errors: ['CONFIG_SYNTAX 1:17 /listeners'],
    says: /tag "!env"/,
  },
  'an alias to nothing': {
    text: 'listeners: *none\n',
    errors: ['CONFIG_SYNTAX 1:12 /listeners'],
    says: /&none/,
  },
  'an alias that holds itself': {
    text: 'listeners: &a [*a]\n',
    errors: ['CONFIG_SYNTAX 1:16 /listeners/0'],
    says: /before it/,
  },
  'a merge of a list': {
    text: `${L}log: { <<: [5] }\n`,
    errors: ['CONFIG_SYNTAX 2:13 /log'],
    says: /an object to merge/,
  },
  'a number as key': {
    text: `${L}8080: x\n`,
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /the key 8080, expected a string/,
  },
  'a list as key': { text: `${L}? [a]\n: x\n`, errors: ['CONFIG_SYNTAX 2:3'], says: /a string as key/ },
  'an infinite number': {
    text: `${L}shutdown: { drainMs: .inf }\n`,
    errors: ['CONFIG_SYNTAX 2:22 /shutdown/drainMs'],
    says: /finite/,
  },
  'a number that cannot be kept exactly': {
    text: `${F}listeners: []\nx: 9007199254740993\n`,
    errors: ['CONFIG_SYNTAX 3:4 /x'],
    says: /2\^53/,
  },
  'an unknown key at the top': {
    text: `${L}route: []\n`,
    errors: ['CONFIG_INVALID 2:1 /route'],
    says: /did you mean "routes"\?/,
  },
  'an unknown key behind a byte order mark and Windows line ends': {
    text: '\ufefflisteners: []\r\nlog:\r\n  levle: info\r\n',
    errors: ['CONFIG_INVALID 3:3 /log/levle'],
    says: /did you mean "level"\?/,
  },
  'an engine that does not exist, and TLS without certificates': {
    text: 'listeners: [{ name: a, address: "a:1", engine: nodejs, tls: {} }]\n',
    errors: ['CONFIG_INVALID 1:48 /listeners/0/engine', 'CONFIG_INVALID 1:61 /listeners/0/tls'],
    says: /found "nodejs", expected one of "auto", "uws", "node"/,
  },
  'a listener with TLS that redirects to TLS, for browsers or by itself': {
    text: `listeners:
  - { name: a, address: "a:1", hsts: {} }
  - { name: b, address: "a:2", tls: { certificates: [] }, redirectToHttps: {} }
`,
    errors: [
      'CONFIG_INVALID 2:38 /listeners/0/hsts',
      'CONFIG_INVALID 3:53 /listeners/1/tls/certificates',
      'CONFIG_INVALID 3:76 /listeners/1/redirectToHttps',
    ],
    says: /found a listener without TLS, expected `tls` beside it/,
  },
  'what the engine cannot do that is asked for': {
    text: `listeners:
  - { name: a, address: "a:1", engine: uws, http2: true }
  - { name: b, address: "a:2", engine: uws, tls: { certificates: [], minVersion: TLSv1.3, maxVersion: TLSv1.2 } }
`,
    errors: [
      'CONFIG_INVALID 2:52 /listeners/0/http2',
      'CONFIG_INVALID 3:66 /listeners/1/tls/certificates',
      'CONFIG_INVALID 3:82 /listeners/1/tls/minVersion',
      'CONFIG_INVALID 3:103 /listeners/1/tls/maxVersion',
      'CONFIG_INVALID 3:103 /listeners/1/tls/maxVersion',
    ],
    says: /found HTTP\/2 with `engine` "uws", expected `engine` "node", or "auto"/,
  },
  'TLS of an upstream that never speaks it, and halves of pairs': {
    text: `listeners: []
upstreams:
  a: { targets: [{ url: "http://a:1" }], tls: { serverName: b } }
  b: { targets: [], tls: { cert: ./b.crt, passphrase: "secret+env://PASS" } }
  c: { targets: [], tls: { key: ./c.key, ca: [], pins: [abc], serverName: "1.2.3.4" } }
`,
    errors: [
      'CONFIG_INVALID 3:47 /upstreams/a/tls',
      'CONFIG_INVALID 4:34 /upstreams/b/tls/cert',
      'SECRET_UNRESOLVED 4:55 /upstreams/b/tls/passphrase',
      'CONFIG_INVALID 4:55 /upstreams/b/tls/passphrase',
      'CONFIG_INVALID 5:33 /upstreams/c/tls/key',
      'CONFIG_INVALID 5:46 /upstreams/c/tls/ca',
      'CONFIG_INVALID 5:57 /upstreams/c/tls/pins/0',
      'CONFIG_INVALID 5:75 /upstreams/c/tls/serverName',
    ],
    says: /found TLS for targets that are all "http", expected a target with "https"/,
  },
  'a grant that does not exist': {
    text: `${L}filters: { f: { module: ./f.wasm, grants: { everything: true } } }\n`,
    errors: ['CONFIG_INVALID 2:45 /filters/f/grants/everything'],
    says: /one of "log", .*"schemas"/,
  },
  'a string where a number belongs': {
    text: `${L}shutdown: { drainMs: 10s }\n`,
    errors: ['CONFIG_INVALID 2:22 /shutdown/drainMs'],
    says: /found "10s", expected a whole number/,
  },
  'a fraction': {
    text: `${L}shutdown: { drainMs: 1.5 }\n`,
    errors: ['CONFIG_INVALID 2:22 /shutdown/drainMs'],
    says: /found 1\.5, expected a whole number/,
  },
  'a number too small': {
    text: `${L}workers: { count: 0 }\n`,
    errors: ['CONFIG_INVALID 2:19 /workers/count'],
    says: /found 0, expected at least 1/,
  },
  'a number too large': {
    text: upstream('{ targets: [], retries: 11 }'),
    errors: ['CONFIG_INVALID 2:41 /upstreams/u/retries'],
    says: /expected at most 10/,
  },
  'a ring that is no power of two': {
    text: `${L}workers: { ringBytes: 65537 }\n`,
    errors: ['CONFIG_INVALID 2:23 /workers/ringBytes'],
    says: /one of 65536, 131072/,
  },
  'a YAML 1.1 boolean': {
    text: `${L}log: { access: yes }\n`,
    errors: ['CONFIG_INVALID 2:16 /log/access'],
    says: /found "yes", expected true or false/,
  },
  'a wrong word for a choice': {
    text: `${L}log: { level: warning }\n`,
    errors: ['CONFIG_INVALID 2:15 /log/level'],
    says: /expected one of "debug", "info", "warn", "error", "silent"/,
  },
  'nothing where an object belongs': {
    text: `${L}admin:\n`,
    errors: ['CONFIG_INVALID 2:7 /admin'],
    says: /found null, expected an object/,
  },
  'null instead of hosts': {
    text: route('{ id: r, match: { hosts: null, path: /, methods: [] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:35 /routes/0/match/hosts'],
    says: /found null, expected a list/,
  },
  'a rule for certificates that no listener asks for': {
    text: route(`${CLIENT}{} }`),
    errors: ['CONFIG_REFERENCE 3:87 /routes/0/clientCertificate'],
    says: /no listener asks for certificates, expected a listener with `tls\.clientAuth`/,
  },
  'clients that nobody can be': {
    text: route(
      `${CLIENT}{ subjects: [/CN=a], dnsNames: ["*.a"], uris: ["https://a/*"], fingerprints: [ab] } }`,
    ),
    errors: [
      'CONFIG_REFERENCE 3:87 /routes/0/clientCertificate',
      'CONFIG_INVALID 3:100 /routes/0/clientCertificate/subjects/0',
      'CONFIG_INVALID 3:119 /routes/0/clientCertificate/dnsNames/0',
      'CONFIG_INVALID 3:134 /routes/0/clientCertificate/uris/0',
      'CONFIG_INVALID 3:165 /routes/0/clientCertificate/fingerprints/0',
    ],
    says: /no listener/,
  },
  'the PROXY protocol of anybody, on an engine that takes it from clients': {
    text: 'listeners: [{ name: a, address: "a:1", engine: uws, trustedProxies: [], proxyProtocol: true }]\n',
    errors: [
      'CONFIG_INVALID 1:88 /listeners/0/proxyProtocol',
      'CONFIG_INVALID 1:88 /listeners/0/proxyProtocol',
    ],
    says: /the PROXY protocol of anybody, expected `trustedProxies` beside it/,
  },
  'a trusted proxy that is a name': {
    text: 'listeners: [{ name: a, address: "a:1", trustedProxies: [proxy.internal] }]\n',
    errors: ['CONFIG_INVALID 1:57 /listeners/0/trustedProxies/0'],
    says: /an address or a network such as "10\.0\.0\.0\/8"/,
  },
  'a trusted network with bits behind its prefix': {
    text: 'listeners: [{ name: a, address: "a:1", trustedProxies: [10.0.0.1/8] }]\n',
    errors: ['CONFIG_INVALID 1:57 /listeners/0/trustedProxies/0'],
    says: /no bits set behind the prefix/,
  },
  'trust in every address': {
    text: 'listeners: [{ name: a, address: "a:1", trustedProxies: ["::/0"] }]\n',
    errors: ['CONFIG_INVALID 1:57 /listeners/0/trustedProxies/0'],
    says: /not every address there is/,
  },
  'an address without a port': {
    text: 'listeners: [{ name: a, address: localhost }]\n',
    errors: ['CONFIG_INVALID 1:33 /listeners/0/address'],
    says: /"host:port"/,
  },
  'an address that is a port alone': {
    text: 'listeners: [{ name: a, address: ":80" }]\n',
    errors: ['CONFIG_INVALID 1:33 /listeners/0/address'],
    says: /"host:port"/,
  },
  'a port out of range': {
    text: 'listeners: [{ name: a, address: "0.0.0.0:65536" }]\n',
    errors: ['CONFIG_INVALID 1:33 /listeners/0/address'],
    says: /"host:port"/,
  },
  'an IPv6 address without brackets': {
    text: 'listeners: [{ name: a, address: "::1:80" }]\n',
    errors: ['CONFIG_INVALID 1:33 /listeners/0/address'],
    says: /\[::1\]:8080/,
  },
  'an admin address beyond loopback': {
    text: `${L}admin: { address: 0.0.0.0:9901 }\n`,
    errors: ['CONFIG_INVALID 2:19 /admin/address'],
    says: /loopback/,
  },
  'a listener name used twice': {
    text: 'listeners:\n  - { name: a, address: "a:1" }\n  - { name: a, address: "a:2" }\n',
    errors: ['CONFIG_DUPLICATE 3:13 /listeners/1/name'],
    says: /found "a" again, after \/listeners\/0 in line 2/,
  },
  'an address used twice': {
    text: 'listeners:\n  - { name: a, address: "0.0.0.0:1" }\n  - { name: b, address: "127.0.0.1:1" }\nadmin: { address: "127.0.0.1:1" }\n',
    errors: ['CONFIG_DUPLICATE 3:25 /listeners/1/address', 'CONFIG_DUPLICATE 4:19 /admin/address'],
    says: /taken by \/listeners\/0\/address in line 2/,
  },
  'a name with a space': {
    text: `${L}upstreams: { "a b": { targets: [] } }\n`,
    errors: ['CONFIG_INVALID 2:14 /upstreams/a b'],
    says: /found the key "a b", expected a name/,
  },
  'an upstream without targets': {
    text: upstream('{}'),
    errors: ['CONFIG_INVALID 2:17 /upstreams/u'],
    says: /found no "targets"/,
  },
  'an upstream URL with a path': {
    text: upstream('{ targets: [{ url: "http://a/b" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /without path/,
  },
  'an upstream URL with credentials': {
    text: upstream('{ targets: [{ url: "http://me:pass@a" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /found "http:\/\/\*\*\*@a", expected .*credentials/,
  },
  'an upstream URL of another scheme': {
    text: upstream('{ targets: [{ url: "ftp://a" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /"http:\/\/host:port"/,
  },
  'an upstream URL with a host that can be read in two ways': {
    text: upstream('{ targets: [{ url: "http://0x7f.1" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /"http:\/\/host:port"/,
  },
  'the address of a metadata service': {
    text: upstream('{ targets: [{ url: "http://10.0.0.1" }, { url: "http://169.254.169.254" }] }'),
    errors: ['CONFIG_INVALID 2:64 /upstreams/u/targets/1/url'],
    says: /169\.254\.0\.0\/16 \(link-local\), expected "allowPrivate: true" beside the targets/,
  },
  'the address of a metadata service inside another, without a permission': {
    text: upstream('{ targets: [{ url: "http://[64:ff9b::a9fe:a9fe]" }], allowPrivate: false }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /169\.254\.0\.0\/16 \(link-local\), carried in 64:ff9b::\/96/,
  },
  'a host of redirects that no URL has': {
    text: upstream('{ targets: [], redirects: { mode: follow, hosts: [a.example, "http://b.example"] } }'),
    errors: ['CONFIG_INVALID 2:78 /upstreams/u/redirects/hosts/1'],
    says: /expected a domain in lower case ASCII/,
  },
  'a path of redirects with a star in the middle': {
    text: upstream('{ targets: [], redirects: { mode: follow, paths: [/a/*/b] } }'),
    errors: ['CONFIG_INVALID 2:67 /upstreams/u/redirects/paths/0'],
    says: /a \* stands last/,
  },
  'a metadata service among the hosts of redirects': {
    text: upstream('{ targets: [], redirects: { mode: follow, hosts: [169.254.169.254] } }'),
    errors: ['CONFIG_INVALID 2:67 /upstreams/u/redirects/hosts/0'],
    says: /169\.254\.0\.0\/16 \(link-local\), expected "allowPrivate: true" beside the hosts/,
  },
  'more redirects than may be followed': {
    text: upstream('{ targets: [], redirects: { mode: follow, most: 21 } }'),
    errors: ['CONFIG_INVALID 2:65 /upstreams/u/redirects/most'],
    says: /20/,
  },
  'a target used twice': {
    text: upstream('{ targets: [{ url: "http://a:80" }, { url: "http://A" }] }'),
    errors: ['CONFIG_DUPLICATE 2:60 /upstreams/u/targets/1/url'],
    says: /"http:\/\/a" again/,
  },
  'a health check path without a slash': {
    text: upstream('{ targets: [], healthCheck: { path: up } }'),
    errors: ['CONFIG_INVALID 2:53 /upstreams/u/healthCheck/path'],
    says: /begins with "\/"/,
  },
  'a header name that is no token': {
    text: upstream('{ targets: [], headers: { "x y": a } }'),
    errors: ['CONFIG_INVALID 2:43 /upstreams/u/headers/x y'],
    says: /a header name/,
  },
  'a framing header': {
    text: upstream('{ targets: [], headers: { Host: a, Content-Length: "1" } }'),
    errors: [
      'CONFIG_INVALID 2:43 /upstreams/u/headers/Host',
      'CONFIG_INVALID 2:52 /upstreams/u/headers/Content-Length',
    ],
    says: /no hop-by-hop and no framing header/,
  },
  'a header value with a line end, without showing it': {
    text: upstream('{ targets: [], headers: { x: "pass\\nword" } }'),
    errors: ['CONFIG_INVALID 2:46 /upstreams/u/headers/x'],
    says: /^(?!.*pass).*found a text of 9 characters, expected a header value/,
  },
  'one header in two cases': {
    text: upstream('{ targets: [], headers: { X-A: a, x-a: b } }'),
    errors: ['CONFIG_DUPLICATE 2:51 /upstreams/u/headers/x-a'],
    says: /after \/upstreams\/u\/headers\/X-A in line 2/,
  },
  'a module that is neither built in nor a path': {
    text: `${L}filters: { f: { module: policy } }\n`,
    errors: ['CONFIG_INVALID 2:25 /filters/f/module'],
    says: /"builtin:NAME"/,
  },
  'a module of another scheme': {
    text: `${L}filters: { f: { module: "etcd:f@sha256:0" } }\n`,
    errors: ['CONFIG_INVALID 2:25 /filters/f/module'],
    says: /"builtin:NAME"/,
  },
  'a route without a match': {
    text: route('{ id: r, upstream: u }'),
    errors: ['CONFIG_INVALID 3:10 /routes/0'],
    says: /found no "match"/,
  },
  'a route without methods': {
    text: route('{ id: r, match: { path: / }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:26 /routes/0/match'],
    says: /found no "methods"/,
  },
  'a method in lower case': {
    text: route('{ id: r, match: { path: /, methods: [get] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /upper case/,
  },
  'a method that stands for all': {
    text: route('{ id: r, match: { path: /, methods: ["*"] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /found "\*", expected a method/,
  },
  'a method that is never forwarded': {
    text: route('{ id: r, match: { path: /, methods: [TRACE] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /forwarded/,
  },
  'a method named twice': {
    text: route('{ id: r, match: { path: /, methods: [GET, GET] }, upstream: u }'),
    errors: ['CONFIG_DUPLICATE 3:52 /routes/0/match/methods/1'],
    says: /"GET" again/,
  },
  'a bad path pattern': {
    text: route('{ id: r, match: { path: /a*, methods: [] }, upstream: u }'),
    errors: ['ROUTE_PATTERN 3:34 /routes/0/match/path'],
    says: /found "\/a\*", expected "\*" as a whole segment/,
  },
  'a bad host pattern': {
    text: route('{ id: r, match: { hosts: [a.b, "a:80"], path: /, methods: [] }, upstream: u }'),
    errors: ['ROUTE_PATTERN 3:41 /routes/0/match/hosts/1'],
    says: /without a port/,
  },
  'an unknown upstream': {
    text: route('{ id: r, match: { path: /, methods: [] }, upstream: v }'),
    errors: ['CONFIG_REFERENCE 3:62 /routes/0/upstream'],
    says: /found "v", expected the name of a declared upstream; did you mean "u"\?/,
  },
  'an unknown filter': {
    text: `${F}${route('{ id: r, match: { path: /, methods: [] }, upstream: u, filters: [f, guard] }')}`,
    errors: ['CONFIG_REFERENCE 4:78 /routes/0/filters/1'],
    says: /found "guard", expected the name of a declared filter$/,
  },
  'a route id used twice': {
    text: `${L}${U}routes:\n  - { id: r, match: { path: /a, methods: [] }, upstream: u }\n  - { id: r, match: { path: /b, methods: [] }, upstream: u }\n`,
    errors: ['CONFIG_DUPLICATE 5:11 /routes/1/id'],
    says: /after \/routes\/0 in line 4/,
  },
  'requests claimed twice under other parameter names': {
    text: `${L}${U}routes:\n  - { id: r, match: { hosts: [A.b], path: "/a/:x", methods: [PUT, GET] }, upstream: u }\n  - { id: s, match: { hosts: [c.d, a.b], path: "/a/:y", methods: [GET] }, upstream: u }\n`,
    errors: ['CONFIG_DUPLICATE 5:48 /routes/1/match/path'],
    says: /found GET a\.b\/a\/:y, claimed by \/routes\/0 in line 4/,
  },
  'a secret as a whole value': {
    text: upstream('{ targets: [], headers: { x: "secret://a#b" } }'),
    errors: ['SECRET_UNRESOLVED 2:46 /upstreams/u/headers/x'],
    says: /found "secret:\/\/a#b"/,
  },
  'secrets inside a value, in a filter config': {
    text: `${L}filters: { f: { module: ./f.wasm, config: { a: ["x-\${secret://a}-\${secret://b}"] } } }\n`,
    errors: ['SECRET_UNRESOLVED 2:49 /filters/f/config/a/0', 'SECRET_UNRESOLVED 2:49 /filters/f/config/a/0'],
    says: /found "\$\{secret:\/\/a\}"/,
  },
  'a malformed secret reference': {
    text: upstream('{ targets: [], headers: { x: "Bearer secret://a" } }'),
    errors: ['SECRET_UNRESOLVED 2:46 /upstreams/u/headers/x'],
    says: /as the whole string/,
  },
  'a secret as a key': {
    text: `${L}filters: { f: { module: ./f.wasm, config: { "secret://a": 1 } } }\n`,
    errors: ['SECRET_UNRESOLVED 2:45 /filters/f/config/secret:~1~1a'],
    says: /secret:\/\/a/,
  },
  'a secret where a form is asked, reported as a secret only': {
    text: 'listeners: [{ name: a, address: "secret://a" }]\n',
    errors: ['SECRET_UNRESOLVED 1:33 /listeners/0/address'],
    says: /secret/,
  },
};

describe('refuses with its code and place', () => {
  for (const [name, { text, errors, says }] of Object.entries(BAD)) {
    test(name, () => {
      const found = errorsOf(text);
      assert.deepEqual(
        found.map(summaryOf),
        errors.map((error) => `SLUICE_${error}`),
        found.map((error) => error.message).join('\n'),
      );
      assert.match(found[0]!.message, says);
      assert.ok(found.every((error) => error.source === 'config' && error.place!.document === 'sluice.yaml'));
    });
  }
});

test('writes every message as file, line, column, pointer, found and expected', () => {
  for (const { text } of Object.values(BAD)) {
    for (const { message, place } of errorsOf(text)) {
      assert.match(message, /^sluice\.yaml:\d+:\d+(?: \/.*)?: found .+, expected .+/);
      const pointer = place!.pointer === '' ? '' : ` ${place!.pointer}`;
      assert.ok(message.startsWith(`sluice.yaml:${place!.line}:${place!.column}${pointer}: `));
    }
  }
});

test('reports all errors of a document at once, in the order of their places', () => {
  const text = [
    'listeners: [{ name: a }]',
    'upstreams: { u: { targets: [{ url: x }] } }',
    'routes:',
    '  - { id: r, match: { path: a, methods: [GET] }, upstream: w, filters: [f] }',
    '  - 5',
    'log: { level: loud, colour: true }',
  ].join('\n');
  assert.deepEqual(errorsOf(text).map(summaryOf), [
    'SLUICE_CONFIG_INVALID 1:13 /listeners/0',
    'SLUICE_CONFIG_INVALID 2:36 /upstreams/u/targets/0/url',
    'SLUICE_ROUTE_PATTERN 4:29 /routes/0/match/path',
    'SLUICE_CONFIG_REFERENCE 4:60 /routes/0/upstream',
    'SLUICE_CONFIG_REFERENCE 4:73 /routes/0/filters/0',
    'SLUICE_CONFIG_INVALID 5:5 /routes/1',
    'SLUICE_CONFIG_INVALID 6:15 /log/level',
    'SLUICE_CONFIG_INVALID 6:21 /log/colour',
  ]);
});
