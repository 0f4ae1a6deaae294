// Filters: modules and grants.
import { type BadDocument, NO_LISTENERS } from './bad-document.js';

export const BAD_FILTERS: Readonly<Record<string, BadDocument>> = {
  'a grant that does not exist': {
    text: `${NO_LISTENERS}filters: { f: { module: ./f.wasm, grants: { everything: true } } }\n`,
    errors: ['CONFIG_INVALID 2:45 /filters/f/grants/everything'],
    says: /one of "log", .*"schemas"/,
  },
  'a module that is neither built in nor a path': {
    text: `${NO_LISTENERS}filters: { f: { module: policy } }\n`,
    errors: ['CONFIG_INVALID 2:25 /filters/f/module'],
    says: /"builtin:NAME"/,
  },
  'a module of another scheme': {
    text: `${NO_LISTENERS}filters: { f: { module: "etcd:f@sha256:0" } }\n`,
    errors: ['CONFIG_INVALID 2:25 /filters/f/module'],
    says: /"builtin:NAME"/,
  },
};
