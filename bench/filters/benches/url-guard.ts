// Each user of a page has a callback, whose URL must lead to one of two places.
import { type Page, pageOf } from '../../harness/documents.js';
import type { FilterBench } from '../filter-bench.js';
import { postedTo } from '../posted.js';

const CALLBACK = 'https://eu.partners.example/in/users?source=import';

const sent = postedTo('/users');

const pageWith = (callback: unknown): Page => {
  const page = pageOf(3000, { callback: CALLBACK });
  return { ...page, users: [...page.users.slice(0, -1), { ...page.users.at(-1)!, callback }] };
};

const BAD = [
  'https://evil.example/',
  'http://hooks.example.com/',
  'https://hooks.example.com:8443/',
  'https://hooks.example.com@evil.example/',
  'https://user:password@hooks.example.com/',
  'https://hooks.example.com.evil.example/',
  'https://a.b.partners.example/',
  'https://partners.example/',
  'https://169.254.169.254/latest/meta-data/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https:\\\\hooks.example.com\\',
  'https:hooks.example.com',
  '//hooks.example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '',
];

export const urlGuardBench: FilterBench = {
  filter: 'url-guard',
  sluice: {
    config: {
      fields: [{ json: '/users/*/callback' }],
      allow: [{ hosts: ['hooks.example.com', '*.partners.example'] }],
    },
    grants: { idna: true },
  },
  unable: { 'nginx-lua': 'Lua has no parser of URLs by the WHATWG rules' },
  answers: {},
  measured: (bytes) => sent('a page of users', pageOf(bytes, { callback: CALLBACK }), true),
  cases: [
    sent('the other host', pageWith('https://hooks.example.com'), true),
    sent('a scheme and a host in capitals', pageWith('HTTPS://Hooks.Example.com/'), true),
    sent('no callback at all', pageOf(1024), true),
    ...BAD.map((url) => sent(`the URL ${url}`, pageWith(url), false)),
    sent('a callback that is a number', pageWith(7), false),
    sent('a callback in an array', pageWith([CALLBACK]), false),
    sent('a body that is no JSON', JSON.stringify(pageOf(1024)).slice(0, -1), false),
  ],
};
