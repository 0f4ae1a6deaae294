// Keys and values that the schema does not have, wherever they stand.
import { type BadDocument, NO_LISTENERS, withRoute, withUpstream } from './bad-document.js';

export const BAD_VALUES: Readonly<Record<string, BadDocument>> = {
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
  'an unknown key at the top': {
    text: `${NO_LISTENERS}route: []\n`,
    errors: ['CONFIG_INVALID 2:1 /route'],
    says: /did you mean "routes"\?/,
  },
  'an unknown key behind a byte order mark and Windows line ends': {
    text: '\ufefflisteners: []\r\nlog:\r\n  levle: info\r\n',
    errors: ['CONFIG_INVALID 3:3 /log/levle'],
    says: /did you mean "level"\?/,
  },
  'a string where a number belongs': {
    text: `${NO_LISTENERS}shutdown: { drainMs: 10s }\n`,
    errors: ['CONFIG_INVALID 2:22 /shutdown/drainMs'],
    says: /found "10s", expected a whole number/,
  },
  'a fraction': {
    text: `${NO_LISTENERS}shutdown: { drainMs: 1.5 }\n`,
    errors: ['CONFIG_INVALID 2:22 /shutdown/drainMs'],
    says: /found 1\.5, expected a whole number/,
  },
  'a number too small': {
    text: `${NO_LISTENERS}workers: { count: 0 }\n`,
    errors: ['CONFIG_INVALID 2:19 /workers/count'],
    says: /found 0, expected at least 1/,
  },
  'a number too large': {
    text: withUpstream('{ targets: [], retries: 11 }'),
    errors: ['CONFIG_INVALID 2:41 /upstreams/u/retries'],
    says: /expected at most 10/,
  },
  'a ring that is no power of two': {
    text: `${NO_LISTENERS}workers: { ringBytes: 65537 }\n`,
    errors: ['CONFIG_INVALID 2:23 /workers/ringBytes'],
    says: /one of 65536, 131072/,
  },
  'a YAML 1.1 boolean': {
    text: `${NO_LISTENERS}log: { access: yes }\n`,
    errors: ['CONFIG_INVALID 2:16 /log/access'],
    says: /found "yes", expected true or false/,
  },
  'a wrong word for a choice': {
    text: `${NO_LISTENERS}log: { level: warning }\n`,
    errors: ['CONFIG_INVALID 2:15 /log/level'],
    says: /expected one of "debug", "info", "warn", "error", "silent"/,
  },
  'nothing where an object belongs': {
    text: `${NO_LISTENERS}admin:\n`,
    errors: ['CONFIG_INVALID 2:7 /admin'],
    says: /found null, expected an object/,
  },
  'null instead of hosts': {
    text: withRoute('{ id: r, match: { hosts: null, path: /, methods: [] }, upstream: u }'),
    errors: ['CONFIG_INVALID 3:35 /routes/0/match/hosts'],
    says: /found null, expected a list/,
  },
  'a name with a space': {
    text: `${NO_LISTENERS}upstreams: { "a b": { targets: [] } }\n`,
    errors: ['CONFIG_INVALID 2:14 /upstreams/a b'],
    says: /found the key "a b", expected a name/,
  },
};
