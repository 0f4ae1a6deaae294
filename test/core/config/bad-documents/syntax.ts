// Texts that are no YAML 1.2, or hold what JSON cannot say.
import { type BadDocument, FILTER_F, NO_LISTENERS } from './bad-document.js';

export const BAD_SYNTAX: Readonly<Record<string, BadDocument>> = {
  'what YAML reserves': {
    text: 'listeners: @a\n',
    errors: ['CONFIG_SYNTAX 1:12'],
    says: /reserved character @, expected YAML 1\.2 or JSON/,
  },
  'a bracket that is not closed': {
    text: 'listeners: [\n',
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /found a "\[" or "\{" that is not closed/,
  },
  'no blank behind a colon': {
    text: 'listeners:\n  - name: a\n    address:127.0.0.1:0\n',
    errors: ['CONFIG_SYNTAX 3:5'],
    says: /found a line that is no "key: value", expected a key with ":" and a blank/,
  },
  'less indentation than its object': {
    text: 'log:\n   level: info\n  access: true\n',
    errors: ['CONFIG_SYNTAX 3:1'],
    says: /another indentation than that of the lines before it/,
  },
  'less indentation than its entry': {
    text: 'listeners:\n  - name: a\n   address: 127.0.0.1:0\n',
    errors: ['CONFIG_SYNTAX 3:1'],
    says: /no entry of the list before it/,
  },
  'more indentation than its object, told of once': {
    text: 'log:\n  level: info\n   access: true\n',
    errors: ['CONFIG_SYNTAX 2:10'],
    says: /another "key: value" inside a value/,
  },
  'a quote that is not closed': {
    text: 'listeners: "a\n',
    errors: ['CONFIG_SYNTAX 2:1'],
    says: /a text whose quote is not closed/,
  },
  'no comma inside brackets': {
    text: 'listeners: [{ name: a, address: [::]:8080 }]\n',
    errors: ['CONFIG_SYNTAX 1:37'],
    says: /two values without "," between them/,
  },
  'no comma before a key': {
    text: 'listeners: [{ name: a address: b }]\n',
    errors: ['CONFIG_SYNTAX 1:21'],
    says: /expected a "," before the next key/,
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
