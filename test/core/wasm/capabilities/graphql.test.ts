import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../../../sdk/testing/index.js';
import { buildInline, manifestOf } from '../../../sdk/inline-filter.js';

const SCHEMA = 'type Query { user(id: ID!): User } type User { name: String }';
const SOURCE = `
  import { ABSENT, Bytes, Decision, GraphqlSchema, Json, next, refuse, Request, respond } from 'sluice';
  let schema: GraphqlSchema | null = null;
  let fields: Bytes = ABSENT;
  export function configure(config: Json): void {
    schema = GraphqlSchema.compile(config.bytes);
    if (schema == null) return refuse('', GraphqlSchema.problem);
    fields = schema!.fieldsOf(Bytes.from('User')).raw;
    if (schema!.fieldsOf(Bytes.from('Usr')).exists) refuse('', 'no such type');
  }
  export function onRequest(request: Request): Decision {
    if (request.path.equals('/late')) GraphqlSchema.compile(request.body);
    if (request.path.equals('/fields')) return respond(200).text(fields);
    if (request.path.equals('/late-fields')) schema!.fieldsOf(request.body);
    const verdict = schema!.check(request.body, request.headers.get('x-operation'));
    const kind = verdict.isValid ? 'valid' : verdict.isNotGraphql ? 'not-graphql' : verdict.isMismatch ? 'mismatch' : '';
    return respond(200).text(kind + ' ' + verdict.message.raw.toString());
  }`;

describe('the capability graphql', () => {
  let module: Uint8Array;
  before(async () => {
    module = await buildInline(
      SOURCE,
      manifestOf({ phases: { request: { body: 'buffer' } }, capabilities: ['graphql'] }),
    );
  });

  const answer = (body: string, headers = {}): string =>
    new TestChain([{ module, config: SCHEMA }]).exchange({ method: 'POST', target: '/', body, headers })
      .client!.text;

  it('tells what the host found, with its message', () => {
    assert.equal(answer('{ user(id: 1) { name } }'), 'valid ["Query.user","User.name"]');
    assert.equal(answer('{ user('), 'not-graphql [{"rule":"Syntax","line":1,"column":8}]');
    assert.equal(answer('{ me }'), 'mismatch [{"rule":"FieldsOnCorrectType","line":1,"column":3}]');
  });

  it('takes the name of the operation', () => {
    const two = 'query A { user(id: 1) { name } } query B { __typename }';
    assert.equal(answer(two, { 'x-operation': 'B' }), 'valid ["Query.__typename"]');
    assert.match(answer(two), /^mismatch .*OperationName/);
  });

  it('refuses a schema that is none, with the place in the config', () => {
    assert.throws(() => new TestChain([{ module, config: 'type Query { a: B }' }]), {
      code: 'SLUICE_FILTER_CONFIG',
      message: /Unknown type "B"/,
    });
  });

  it('builds schemas in configure only', () => {
    const chain = new TestChain([{ module, config: SCHEMA }]);
    const { failures } = chain.exchange({ method: 'POST', target: '/late', body: SCHEMA });
    assert.match(failures[0]!.message, /in configure only/);
  });

  it('tells what a type or a field stands for, in configure only', () => {
    const chain = new TestChain([{ module, config: SCHEMA }]);
    assert.equal(chain.exchange({ target: '/fields' }).client!.text, '["User.name"]');
    const { failures } = chain.exchange({ method: 'POST', target: '/late-fields', body: 'User' });
    assert.match(failures[0]!.message, /in configure only/);
  });

  it('reads no name longer than 1024 bytes', () => {
    const chain = new TestChain([{ module, config: SCHEMA }]);
    const headers = { 'x-operation': 'a'.repeat(1025) };
    const { failures } = chain.exchange({ method: 'POST', target: '/', body: '{ me }', headers });
    assert.match(failures[0]!.message, /at most 1024 bytes/);
  });

  it('has to be granted', () => {
    assert.throws(() => new TestChain([{ module, config: SCHEMA, grants: [] }]), /graphql_/);
  });
});
