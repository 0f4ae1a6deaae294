// Replies whose frame is sound and whose edits are not allowed: what would split a message, break its framing, or lead
// a request out of its route.
import {
  DECISION_RESPOND,
  EDIT_ADD_HEADER,
  EDIT_REMOVE_HEADER,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  EDIT_SET_STATUS,
} from '../../sdk/abi/abi.js';
import { replyOrder } from '../support/puppet-orders.js';
import { BOTH_PHASES, type Misbehaviour, type PuppetRow, puppet } from './misbehaviour.js';

const headerEdits = puppet('SLUICE_ABI_EDIT', BOTH_PHASES, [
  ...['a\rb', 'a\nb', 'a\r\nx-injected: yes', '\0', 'a\x7f', '\x01', '\x1b[2J'].flatMap((value) => [
    edit(EDIT_SET_HEADER, 'x-a', value, /header x-a: its value holds a control character/),
    edit(EDIT_ADD_HEADER, 'x-a', value, /header x-a: its value holds a control character/),
  ]),
  ...['', ' ', 'a b', 'a:', ':path', ':authority', 'a\r\nb', 'a\0', '\xe9', '"a"', 'a/b', '{a}'].flatMap(
    (name) => [
      edit(EDIT_SET_HEADER, name, 'a', /header name: not a token/),
      edit(EDIT_REMOVE_HEADER, name, '', /header name: not a token/),
    ],
  ),
  ...[
    ...['Connection', 'content-length', 'HOST', 'keep-alive', 'proxy-authenticate', 'proxy-authorization'],
    ...['proxy-connection', 'te', 'trailer', 'Transfer-Encoding', 'upgrade'],
  ].flatMap((name) => [
    edit(EDIT_SET_HEADER, name, 'close', /framing and hop-by-hop fields cannot be edited/),
    edit(EDIT_REMOVE_HEADER, name, '', /framing and hop-by-hop fields cannot be edited/),
  ]),
  ...[0, 100, 101, 199, 600, 0xffff].map((status): PuppetRow => {
    const reply = { decision: DECISION_RESPOND, status };
    return [
      `an answer with the status ${status}`,
      replyOrder(reply),
      /status: found \d+, expected 200 to 599/,
    ];
  }),
]);

const requestEdits = puppet(
  'SLUICE_ABI_EDIT',
  ['request'],
  [
    ...[
      ...['', 'a', '*', 'http://elsewhere.example/', '//elsewhere.example', '/a//b', '/.', '/..'],
      ...['/a/../b', '/%2e%2e/a', '/a/%2E%2e', '/.%2e/', '/..;a/b', '/a%2fb', '/a%5cb', '/a\\b', '/a%00'],
      ...['/a\0', '/a b', '/a\r\nx-injected: yes', '/a?b', '/a#b', '/\xe9', '/%zz', '/%c0%ae%c0%ae/a'],
    ].map((path) => edit(EDIT_SET_PATH, '', path, /edit: path: ./)),
    ...['a#b', 'a\r\nb', 'a b', '\0', 'a=%4', '\\', '\xe9'].map((query) =>
      edit(EDIT_SET_QUERY, '', query, /edit: query: ./),
    ),
    edit(EDIT_SET_STATUS, '', '200', /status: it can be set in the response phase only/),
  ],
);

const responseEdits = puppet(
  'SLUICE_ABI_EDIT',
  ['response'],
  [
    ...['', '99', '199', '600', '2000', '2e2', '-20', ' 20', '20\n'].map((status) =>
      edit(EDIT_SET_STATUS, '', status, /status: expected three digits/),
    ),
    edit(EDIT_SET_PATH, '', '/a', /path: it can be set in the request phase only/),
    edit(EDIT_SET_QUERY, '', 'a', /query: it can be set in the request phase only/),
  ],
);

export const BAD_EDITS: readonly Misbehaviour[] = [...headerEdits, ...requestEdits, ...responseEdits];

/** One edit that is not allowed. */
function edit(operation: number, name: string, value: string, message: RegExp): PuppetRow {
  const title = `edit ${operation}, name ${JSON.stringify(name)}, value ${JSON.stringify(value)}`;
  return [title, replyOrder({ edits: [[operation, name, value]] }), message];
}
