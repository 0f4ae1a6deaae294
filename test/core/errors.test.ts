import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigErrors, ERROR_TABLE, type ErrorCode, GatewayError, toProblem } from '../../core/errors.js';

const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

describe('a gateway error', () => {
  it('carries the row of its code', () => {
    for (const code of CODES) {
      const error = new GatewayError(code, 'what went wrong');
      const { status, source, retryable } = ERROR_TABLE[code];
      assert.deepEqual([error.status, error.source, error.retryable], [status, source, retryable]);
      assert.equal(error.message, 'what went wrong');
      assert.equal(error.name, 'GatewayError');
      assert.ok(error instanceof Error);
    }
  });

  it('keeps the facts it is given, and has none otherwise', () => {
    const place = { document: 'sluice.yaml', line: 3, column: 7, pointer: '/routes/0' };
    const cause = new Error('below');
    const full = new GatewayError('SLUICE_CONFIG_INVALID', 'm', {
      cause,
      place,
      filter: 'guard',
      headers: ['allow', 'GET'],
    });
    assert.deepEqual(
      [full.cause, full.place, full.filter, full.headers],
      [cause, place, 'guard', ['allow', 'GET']],
    );
    const bare = new GatewayError('SLUICE_CONFIG_INVALID', 'm');
    assert.deepEqual([bare.place, bare.filter, bare.headers], [undefined, undefined, []]);
    assert.ok(!('cause' in bare));
  });

  it('is made of what was thrown: itself, an error, or anything else', () => {
    const own = new GatewayError('SLUICE_LISTEN_TIMEOUT', 'late');
    assert.equal(GatewayError.from(own), own);
    const foreign = new TypeError('x is not a function');
    const wrapped = GatewayError.from(foreign);
    assert.deepEqual(
      [wrapped.code, wrapped.message, wrapped.cause],
      ['SLUICE_INTERNAL', 'x is not a function', foreign],
    );
    for (const thrown of ['text', 5, null, undefined, Symbol('s'), 5n]) {
      const made = GatewayError.from(thrown);
      assert.equal(made.code, 'SLUICE_INTERNAL');
      assert.equal(made.message, String(thrown));
    }
  });

  it('is made even of what cannot be written as text', () => {
    const made = GatewayError.from(Object.create(null));
    assert.equal(made.code, 'SLUICE_INTERNAL');
    assert.ok(made.message.length > 0);
  });
});

describe('the table', () => {
  it('cannot be changed', () => {
    assert.ok(Object.isFrozen(ERROR_TABLE));
    for (const code of CODES) assert.ok(Object.isFrozen(ERROR_TABLE[code]));
  });
});

describe('a problem document', () => {
  it('never has the message, the cause, the place or the filter of its error', () => {
    const secret = 'hunter2';
    for (const code of CODES) {
      const error = new GatewayError(code, `password ${secret}`, {
        cause: new Error(secret),
        filter: secret,
        headers: ['x-internal', secret],
        place: { document: secret, line: 1, column: 1, pointer: secret },
      });
      const problem = toProblem(error, 'request-1', 'revision-1');
      assert.ok(!JSON.stringify(problem).includes(secret), code);
      assert.deepEqual(problem, {
        type: `urn:sluice:error:${code}`,
        title: code,
        status: ERROR_TABLE[code].status,
        detail: ERROR_TABLE[code].detail,
        code,
        requestId: 'request-1',
        revision: 'revision-1',
      });
    }
  });
});

describe('the errors of a load', () => {
  it('are all in the message, a line each', () => {
    const errors = [
      new GatewayError('SLUICE_CONFIG_INVALID', 'one'),
      new GatewayError('SLUICE_CONFIG_REFERENCE', 'two'),
    ];
    const together = new ConfigErrors(errors);
    assert.equal(together.message, 'one\ntwo');
    assert.equal(together.errors, errors);
  });

  it('are cut where nobody would read on, and say how many there are', () => {
    const errors = Array.from(
      { length: 25 },
      (_, index) => new GatewayError('SLUICE_CONFIG_INVALID', `${index}`),
    );
    const together = new ConfigErrors(errors);
    assert.equal(together.errors.length, 25);
    assert.equal(together.shown.length, 20);
    assert.equal(together.more, 'and 5 more errors');
    assert.ok(together.message.endsWith('18\n19\nand 5 more errors'));
    assert.equal(new ConfigErrors(errors.slice(0, 21)).more, 'and 1 more error');
    assert.equal(new ConfigErrors(errors.slice(0, 20)).more, null);
  });
});
