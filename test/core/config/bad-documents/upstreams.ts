// Upstreams: targets, redirects, health checks, headers, TLS.
import { type BadDocument, withUpstream } from './bad-document.js';

export const BAD_UPSTREAMS: Readonly<Record<string, BadDocument>> = {
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
  'an upstream without targets': {
    text: withUpstream('{}'),
    errors: ['CONFIG_INVALID 2:17 /upstreams/u'],
    says: /found no "targets"/,
  },
  'an upstream URL with a path': {
    text: withUpstream('{ targets: [{ url: "http://a/b" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /without path/,
  },
  'an upstream URL with credentials': {
    text: withUpstream('{ targets: [{ url: "http://me:pass@a" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /found "http:\/\/\*\*\*@a", expected .*credentials/,
  },
  'an upstream URL of another scheme': {
    text: withUpstream('{ targets: [{ url: "ftp://a" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /"http:\/\/host:port"/,
  },
  'an upstream URL with a host that can be read in two ways': {
    text: withUpstream('{ targets: [{ url: "http://0x7f.1" }] }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /"http:\/\/host:port"/,
  },
  'the address of a metadata service': {
    text: withUpstream('{ targets: [{ url: "http://10.0.0.1" }, { url: "http://169.254.169.254" }] }'),
    errors: ['CONFIG_INVALID 2:64 /upstreams/u/targets/1/url'],
    says: /169\.254\.0\.0\/16 \(link-local\), expected "allowPrivate: true" beside the targets/,
  },
  'the address of a metadata service inside another, without a permission': {
    text: withUpstream('{ targets: [{ url: "http://[64:ff9b::a9fe:a9fe]" }], allowPrivate: false }'),
    errors: ['CONFIG_INVALID 2:36 /upstreams/u/targets/0/url'],
    says: /169\.254\.0\.0\/16 \(link-local\), carried in 64:ff9b::\/96/,
  },
  'a host of redirects that no URL has': {
    text: withUpstream(
      '{ targets: [], redirects: { mode: follow, hosts: [a.example, "http://b.example"] } }',
    ),
    errors: ['CONFIG_INVALID 2:78 /upstreams/u/redirects/hosts/1'],
    says: /expected a domain in lower case ASCII/,
  },
  'a path of redirects with a star in the middle': {
    text: withUpstream('{ targets: [], redirects: { mode: follow, paths: [/a/*/b] } }'),
    errors: ['CONFIG_INVALID 2:67 /upstreams/u/redirects/paths/0'],
    says: /a \* stands last/,
  },
  'a metadata service among the hosts of redirects': {
    text: withUpstream('{ targets: [], redirects: { mode: follow, hosts: [169.254.169.254] } }'),
    errors: ['CONFIG_INVALID 2:67 /upstreams/u/redirects/hosts/0'],
    says: /169\.254\.0\.0\/16 \(link-local\), expected "allowPrivate: true" beside the hosts/,
  },
  'more redirects than may be followed': {
    text: withUpstream('{ targets: [], redirects: { mode: follow, most: 21 } }'),
    errors: ['CONFIG_INVALID 2:65 /upstreams/u/redirects/most'],
    says: /20/,
  },
  'a target used twice': {
    text: withUpstream('{ targets: [{ url: "http://a:80" }, { url: "http://A" }] }'),
    errors: ['CONFIG_DUPLICATE 2:60 /upstreams/u/targets/1/url'],
    says: /"http:\/\/a" again/,
  },
  'a health check path without a slash': {
    text: withUpstream('{ targets: [], healthCheck: { path: up } }'),
    errors: ['CONFIG_INVALID 2:53 /upstreams/u/healthCheck/path'],
    says: /begins with "\/"/,
  },
  'a header name that is no token': {
    text: withUpstream('{ targets: [], headers: { "x y": a } }'),
    errors: ['CONFIG_INVALID 2:43 /upstreams/u/headers/x y'],
    says: /a header name/,
  },
  'a framing header': {
    text: withUpstream('{ targets: [], headers: { Host: a, Content-Length: "1" } }'),
    errors: [
      'CONFIG_INVALID 2:43 /upstreams/u/headers/Host',
      'CONFIG_INVALID 2:52 /upstreams/u/headers/Content-Length',
    ],
    says: /no hop-by-hop and no framing header/,
  },
  'a header value with a line end, without showing it': {
    text: withUpstream('{ targets: [], headers: { x: "pass\\nword" } }'),
    errors: ['CONFIG_INVALID 2:46 /upstreams/u/headers/x'],
    says: /^(?!.*pass).*found a text of 9 characters, expected a header value/,
  },
  'one header in two cases': {
    text: withUpstream('{ targets: [], headers: { X-A: a, x-a: b } }'),
    errors: ['CONFIG_DUPLICATE 2:51 /upstreams/u/headers/x-a'],
    says: /after \/upstreams\/u\/headers\/X-A in line 2/,
  },
};
