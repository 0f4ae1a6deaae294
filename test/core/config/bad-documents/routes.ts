// Routes: what they match, whom they admit, what they refer to.
import { type BadDocument, FILTER_F, NO_LISTENERS, UPSTREAM_U, withRoute } from './bad-document.js';

const CLIENT = '{ id: r, match: { path: /, methods: [GET] }, upstream: u, clientCertificate: ';

export const BAD_ROUTES: Readonly<Record<string, BadDocument>> = {
  'a rule for certificates that no listener asks for': {
    text: withRoute(`${CLIENT}{} }`),
    errors: ['CONFIG_REFERENCE 3:87 /routes/0/clientCertificate'],
    says: /no listener asks for certificates, expected a listener with `tls\.clientAuth`/,
  },
  'clients that nobody can be': {
    text: withRoute(
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
  'a route without a match': {
    text: withRoute('{ id: r, upstream: u }'),
    errors: ['CONFIG_INVALID 3:10 /routes/0'],
    says: /found no "match"/,
  },
  'a route without methods': {
    text: withRoute('{ id: r, match: { path: / }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:26 /routes/0/match'],
    says: /found no "methods"/,
  },
  'a method in lower case': {
    text: withRoute('{ id: r, match: { path: /, methods: [get] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /upper case/,
  },
  'a method that stands for all': {
    text: withRoute('{ id: r, match: { path: /, methods: ["*"] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /found "\*", expected a method/,
  },
  'a method that is never forwarded': {
    text: withRoute('{ id: r, match: { path: /, methods: [TRACE] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:47 /routes/0/match/methods/0'],
    says: /forwarded/,
  },
  'a method named twice': {
    text: withRoute('{ id: r, match: { path: /, methods: [GET, GET] }, upstream: u }'),
    errors: ['CONFIG_DUPLICATE 3:52 /routes/0/match/methods/1'],
    says: /"GET" again/,
  },
  'a bad path pattern': {
    text: withRoute('{ id: r, match: { path: /a*, methods: [] }, upstream: u }'),
    errors: ['ROUTE_PATTERN 3:34 /routes/0/match/path'],
    says: /found "\/a\*", expected "\*" as a whole segment/,
  },
  'a bad host pattern': {
    text: withRoute('{ id: r, match: { hosts: [a.b, "a:80"], path: /, methods: [] }, upstream: u }'),
    errors: ['ROUTE_PATTERN 3:41 /routes/0/match/hosts/1'],
    says: /without a port/,
  },
  'an unknown upstream': {
    text: withRoute('{ id: r, match: { path: /, methods: [] }, upstream: v }'),
    errors: ['CONFIG_REFERENCE 3:62 /routes/0/upstream'],
    says: /found "v", expected the name of a declared upstream; did you mean "u"\?/,
  },
  'an unknown filter': {
    text: `${FILTER_F}${withRoute('{ id: r, match: { path: /, methods: [] }, upstream: u, filters: [f, guard] }')}`,
    errors: ['CONFIG_REFERENCE 4:78 /routes/0/filters/1'],
    says: /found "guard", expected the name of a declared filter$/,
  },
  'a route id used twice': {
    text: `${NO_LISTENERS}${UPSTREAM_U}routes:\n  - { id: r, match: { path: /a, methods: [] }, upstream: u }\n  - { id: r, match: { path: /b, methods: [] }, upstream: u }\n`,
    errors: ['CONFIG_DUPLICATE 5:11 /routes/1/id'],
    says: /after \/routes\/0 in line 4/,
  },
  'requests claimed twice under other parameter names': {
    text: `${NO_LISTENERS}${UPSTREAM_U}routes:\n  - { id: r, match: { hosts: [A.b], path: "/a/:x", methods: [PUT, GET] }, upstream: u }\n  - { id: s, match: { hosts: [c.d, a.b], path: "/a/:y", methods: [GET] }, upstream: u }\n`,
    errors: ['CONFIG_DUPLICATE 5:48 /routes/1/match/path'],
    says: /found GET a\.b\/a\/:y, claimed by \/routes\/0 in line 4/,
  },
};
