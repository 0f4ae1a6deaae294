// A body of JSON is held to a JSON Schema.
import { PAGE_SCHEMA, type Page, pageOf } from '../../harness/documents.js';
import type { Case, FilterBench } from '../filter-bench.js';
import { postedTo } from '../posted.js';

const sent = postedTo('/users');
const page = pageOf(1024);
const refusedPage = (name: string, change: Partial<Record<keyof Page, unknown>>): Case =>
  sent(name, JSON.stringify({ ...page, ...change }), false);
const refusedUser = (name: string, change: Readonly<Record<string, unknown>>): Case =>
  refusedPage(name, { users: [page.users[0], { ...page.users[0], ...change }] });

export const validateBench: FilterBench = {
  filter: 'validate',
  sluice: { config: { schema: PAGE_SCHEMA }, grants: { schemas: true } },
  unable: {},
  answers: {},
  measured: (bytes) => sent('a page of users', JSON.stringify(pageOf(bytes)), true),
  cases: [
    sent('white space between tokens', JSON.stringify(page, null, 2), true),
    sent('a body that is no JSON', JSON.stringify(page).slice(0, -1), false),
    sent('an array in place of the page', '[]', false),
    sent('another content type', JSON.stringify(page), false, 'text/plain'),
    refusedPage('a page without users', { users: undefined }),
    refusedPage('a page with a member too many', { ['admin' as keyof Page]: true }),
    refusedPage('a total below zero', { total: -1 }),
    refusedPage('users that are no array', { users: 'none' }),
    refusedUser('an id that is a string', { id: '4711' }),
    refusedUser('an id that is no integer', { id: 1.5 }),
    refusedUser('a user without a name', { name: undefined }),
    refusedUser('a user with a member too many', { isAdmin: true }),
    refusedUser('a name that is too long', { name: 'x'.repeat(101) }),
    refusedUser('an address that is no e-mail address', { email: 'ada' }),
    refusedUser('a card without a number', { card: { cvv: '123' } }),
    refusedUser('an address with a number in it', { address: { postcode: 12345 } }),
    refusedUser('a role that is no string', { roles: ['reader', 7] }),
    refusedUser('an order in a state that there is not', {
      orders: [{ id: 'o-1', total: 1, status: 'lost' }],
    }),
    refusedUser('an order whose total is a string', { orders: [{ id: 'o-1', total: '1' }] }),
  ],
};
