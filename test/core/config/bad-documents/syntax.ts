// Texts that are no YAML 1.2, or hold what JSON cannot say.
import { type BadDocument, FILTER_F, NO_LISTENERS } from './bad-document.js';

export const BAD_SYNTAX: Readonly<Record<string, BadDocument>> = {
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
  'a second document': {
    text: `${NO_LISTENERS}---\n${NO_LISTENERS}`,
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /one document/,
  },
  'YAML 1.1': { text: `%YAML 1.1\n---\n${NO_LISTENERS}`, errors: ['CONFIG_SYNTAX 1:1'], says: /YAML 1\.2/ },
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
    text: `${NO_LISTENERS}log: { <<: [5] }\n`,
    errors: ['CONFIG_SYNTAX 2:13 /log'],
    says: /an object to merge/,
  },
  'a number as key': {
    text: `${NO_LISTENERS}8080: x\n`,
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /the key 8080, expected a string/,
  },
  'a list as key': {
    text: `${NO_LISTENERS}? [a]\n: x\n`,
    errors: ['CONFIG_SYNTAX 2:3'],
    says: /a string as key/,
  },
  'an infinite number': {
    text: `${NO_LISTENERS}shutdown: { drainMs: .inf }\n`,
    errors: ['CONFIG_SYNTAX 2:22 /shutdown/drainMs'],
    says: /finite/,
  },
  'a number that cannot be kept exactly': {
    text: `${FILTER_F}listeners: []\nx: 9007199254740993\n`,
    errors: ['CONFIG_SYNTAX 3:4 /x'],
    says: /2\^53/,
  },
};
