// An operation is held to limits, to a schema and to a list of fields that nobody may read. The operation stays the
// same; what grows is its variables.

import { fill } from '../../harness/documents.js';
import { SAMPLE_USER } from '../../harness/sample.js';
import type { Case, FilterBench } from '../filter-bench.js';
import { postedTo } from '../posted.js';

export const GRAPHQL_SCHEMA = `
type Query { order(id: ID!): Order  customer(id: ID!): Customer }
type Mutation { importOrders(orders: [OrderInput!]!, note: String): ImportResult! }
type ImportResult { accepted: Int!  rejected: [Rejection!]!  orders: [Order!]! }
type Rejection { index: Int!  reason: String! }
type Order { id: ID!  total: Float!  currency: String!  placed: String!  status: Status!  customer: Customer! }
type Customer { id: ID!  name: String!  email: String!  cardNumber: String!  orders: [Order!]! }
enum Status { shipped delivered returned }
input OrderInput { id: ID!  total: Float!  currency: String!  placed: String!  status: Status! }
`;
export const DENIED_FIELD = 'Customer.cardNumber';
export const GRAPHQL_LIMITS = { depth: 6, aliases: 3, complexity: 100 } as const;

const OPERATION = `mutation ImportOrders($orders: [OrderInput!]!, $note: String) {
  importOrders(orders: $orders, note: $note) {
    accepted
    rejected { index reason }
    orders { ...Imported }
  }
}
fragment Imported on Order { id total status customer { id name email } }`;

const sent = postedTo('/graphql');
const refused = (name: string, query: string): Case => sent(name, { query }, false);

function imported(bytes: number): unknown {
  const make = (count: number, note: string): unknown => ({
    query: OPERATION,
    variables: {
      orders: Array.from({ length: count }, (_, i) => ({
        ...SAMPLE_USER.orders[i % SAMPLE_USER.orders.length],
        id: `o-${1001 + i}`,
      })),
      note,
    },
  });
  let count = 1;
  while (Buffer.byteLength(JSON.stringify(make(count + 1, ''))) < bytes) count += 1;
  return fill(bytes, (note) => make(count, note));
}

export const graphqlBench: FilterBench = {
  filter: 'graphql',
  sluice: {
    config: { schema: GRAPHQL_SCHEMA, denyFields: [DENIED_FIELD], limits: GRAPHQL_LIMITS },
    grants: { graphql: true },
  },
  unable: { 'nginx-lua': 'Lua has no implementation of GraphQL there' },
  answers: {},
  measured: (bytes) => sent('an import of orders', imported(bytes), true),
  cases: [
    sent('a query', { query: '{ order(id: 1) { id total customer { name } } }' }, true),
    refused('a field that the schema has not', '{ order(id: 1) { weight } }'),
    refused('an argument that is missing', '{ order { id } }'),
    refused(
      'fields too deep within fields',
      '{ order(id: 1) { customer { orders { customer { orders { customer { id } } } } } } }',
    ),
    refused('too many aliases', '{ order(id: 1) { a: id b: id c: id d: id } }'),
    refused('a field that nobody may read', '{ order(id: 1) { customer { name: cardNumber } } }'),
    refused(
      'such a field in a fragment',
      '{ customer(id: 1) { ...C } } fragment C on Customer { id cardNumber }',
    ),
    refused('introspection', '{ __schema { types { name } } }'),
    refused('two operations', 'query A { order(id: 1) { id } } query B { order(id: 1) { id } }'),
    refused('a text that is no operation', '{ order(id: 1) { id }'),
    sent('a body that is no JSON', '{"query":', false),
  ],
};
