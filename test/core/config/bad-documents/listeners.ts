// Listeners and addresses that cannot be.
import { type BadDocument, NO_LISTENERS } from './bad-document.js';

export const BAD_LISTENERS: Readonly<Record<string, BadDocument>> = {
  'a port alone': {
    text: 'listeners: [{ name: a, address: 8080 }]\n',
    errors: ['CONFIG_INVALID 1:33 /listeners/0/address'],
    says: /found 8080, expected an address "host:port"/,
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
    text: `${NO_LISTENERS}admin: { address: 0.0.0.0:9901 }\n`,
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
};
