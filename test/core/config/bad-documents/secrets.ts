// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
// References to secrets that do not resolve, or stand where none may.
import { type BadDocument, NO_LISTENERS, withUpstream } from './bad-document.js';

export const BAD_SECRETS: Readonly<Record<string, BadDocument>> = {
  'a secret as a whole value': {
    text: withUpstream('{ targets: [], headers: { x: "secret://a#b" } }'),
    errors: ['SECRET_UNRESOLVED 2:46 /upstreams/u/headers/x'],
    says: /found "secret:\/\/a#b"/,
  },
  'secrets inside a value, in a filter config': {
    text: `${NO_LISTENERS}filters: { f: { module: ./f.wasm, config: { a: ["x-\${secret://a}-\${secret://b}"] } } }\n`,
    errors: ['SECRET_UNRESOLVED 2:49 /filters/f/config/a/0', 'SECRET_UNRESOLVED 2:49 /filters/f/config/a/0'],
    says: /found "\$\{secret:\/\/a\}"/,
  },
  'a malformed secret reference': {
    text: withUpstream('{ targets: [], headers: { x: "Bearer secret://a" } }'),
    errors: ['SECRET_UNRESOLVED 2:46 /upstreams/u/headers/x'],
    says: /as the whole string/,
  },
  'a secret as a key': {
    text: `${NO_LISTENERS}filters: { f: { module: ./f.wasm, config: { "secret://a": 1 } } }\n`,
    errors: ['SECRET_UNRESOLVED 2:45 /filters/f/config/secret:~1~1a'],
    says: /secret:\/\/a/,
  },
  'a secret where a form is asked, reported as a secret only': {
    text: 'listeners: [{ name: a, address: "secret://a" }]\n',
    errors: ['SECRET_UNRESOLVED 1:33 /listeners/0/address'],
    says: /secret/,
  },
};
