// The checks of a request, row by row.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkRequest, RequestFacts } from '../../../core/listener/request-checks.js';

const HOST = ['host', 'a'];

function check(flat: readonly string[], method = 'GET', path = '/', query = '') {
  const facts = new RequestFacts();
  return { error: checkRequest(method, path, query, flat, facts), facts };
}

describe('checkRequest', () => {
  const malformed: readonly [string, readonly string[]][] = [
    ['no host', []],
    ['an empty host', ['host', '']],
    ['two hosts', ['host', 'a', 'host', 'a']],
    ['a host with a space', ['host', 'a b']],
    ['a host with a slash', ['host', 'a/b']],
    ['a host with userinfo', ['host', 'u@a']],
    ['a host with an encoded character', ['host', 'a%41']],
    ['a host with a port that is no number', ['host', 'a:b']],
    ['a host with an empty port', ['host', 'a:']],
    ['a host with high bytes', ['host', 'a\xe9']],
    [
      'both content-length and transfer-encoding',
      [...HOST, 'content-length', '1', 'transfer-encoding', 'chunked'],
    ],
    ['two equal content-lengths', [...HOST, 'content-length', '1', 'content-length', '1']],
    ['two content-lengths', [...HOST, 'content-length', '1', 'content-length', '2']],
    ['an empty content-length', [...HOST, 'content-length', '']],
    ['a negative content-length', [...HOST, 'content-length', '-1']],
    ['a hexadecimal content-length', [...HOST, 'content-length', '0x1']],
    ['a fractional content-length', [...HOST, 'content-length', '1.0']],
    ['a list as content-length', [...HOST, 'content-length', '1, 1']],
    ['a content-length that no double holds', [...HOST, 'content-length', '9999999999999999']],
    ['an empty transfer-encoding', [...HOST, 'transfer-encoding', '']],
    ['xchunked', [...HOST, 'transfer-encoding', 'xchunked']],
    ['identity', [...HOST, 'transfer-encoding', 'identity']],
    ['gzip, chunked', [...HOST, 'transfer-encoding', 'gzip, chunked']],
    ['chunked, chunked', [...HOST, 'transfer-encoding', 'chunked, chunked']],
    ['two transfer-encodings', [...HOST, 'transfer-encoding', 'chunked', 'transfer-encoding', 'chunked']],
    ['CR in a value', [...HOST, 'x', 'a\rb']],
    ['LF in a value', [...HOST, 'x', 'a\nb']],
    ['NUL in a value', [...HOST, 'x', 'a\0b']],
    ['DEL in a value', [...HOST, 'x', 'a\x7fb']],
    ['a control behind high bytes', [...HOST, 'x', '\xe9\x01']],
    ['an empty name', [...HOST, '', 'a']],
    ['a name with a space', [...HOST, 'x y', 'a']],
    ['a name with a colon', [...HOST, ':authority', 'a']],
    ['a name with high bytes', [...HOST, 'x\xe9', 'a']],
  ];
  for (const [what, flat] of malformed) {
    it(`refuses ${what}`, () => {
      const { error } = check(flat, 'POST');
      assert.equal(error?.code, 'SLUICE_LISTEN_MALFORMED');
      assert.match(error.message, /^[\x20-\x7e]+$/, 'the message is safe for a log');
    });
  }

  for (const method of ['', 'G T', 'GE(T', 'G\x01', 'GET\r']) {
    it(`refuses the method ${JSON.stringify(method)}`, () => {
      assert.equal(check(HOST, method).error?.code, 'SLUICE_LISTEN_MALFORMED');
    });
  }

  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'get']) {
    it(`accepts the method ${method}`, () => assert.equal(check(HOST, method).error, null));
  }

  it('does not forward CONNECT, TRACE and upgrades', () => {
    assert.equal(check(HOST, 'CONNECT').error?.code, 'SLUICE_LISTEN_METHOD');
    assert.equal(check(HOST, 'TRACE').error?.code, 'SLUICE_LISTEN_METHOD');
    assert.equal(check([...HOST, 'upgrade', 'websocket']).error?.code, 'SLUICE_LISTEN_METHOD');
    assert.equal(check([...HOST, 'upgrade', 'h2c, websocket']).error?.code, 'SLUICE_LISTEN_METHOD');
    assert.equal(check([...HOST, 'upgrade', 'h2c']).error, null);
  });

  it('knows no expectation but 100-continue', () => {
    assert.equal(check([...HOST, 'expect', '100-continue']).error, null);
    assert.equal(check([...HOST, 'expect', '100-Continue']).error, null);
    assert.equal(check([...HOST, 'expect', '200-ok']).error?.code, 'SLUICE_LISTEN_EXPECTATION');
  });

  it('calls a request malformed before it looks at what it wants', () => {
    assert.equal(
      check([...HOST, 'upgrade', 'websocket'], 'TRACE', '//').error?.code,
      'SLUICE_LISTEN_MALFORMED',
    );
  });

  it('checks path and query', () => {
    assert.equal(check(HOST, 'GET', 'http://a/').error?.code, 'SLUICE_LISTEN_MALFORMED');
    assert.equal(check(HOST, 'GET', '/', 'a#b').error?.code, 'SLUICE_LISTEN_MALFORMED');
  });

  for (const host of [
    'a',
    'A.Example.COM:8080',
    '127.0.0.1:1',
    '[::1]',
    '[2001:DB8::1]:443',
    'my_host',
    'a.',
  ]) {
    it(`takes ${host} as authority in lower case`, () => {
      const { error, facts } = check(['host', host]);
      assert.equal(error, null);
      assert.equal(facts.authority, host.toLowerCase());
    });
  }

  it('tells the length of a body', () => {
    assert.equal(check(HOST).facts.bodyLength, 0);
    assert.equal(check([...HOST, 'content-length', '012']).facts.bodyLength, 12);
    assert.equal(check([...HOST, 'transfer-encoding', 'Chunked']).facts.bodyLength, null);
  });

  it('tells whether the client wants the connection closed', () => {
    for (const value of ['close', 'Close', 'te, close', 'close ,te']) {
      assert.equal(check([...HOST, 'connection', value]).facts.close, true, value);
    }
    for (const value of ['keep-alive', 'closed', 'x-close', '']) {
      assert.equal(check([...HOST, 'connection', value]).facts.close, false, value);
    }
  });

  it('tells whether a value has bytes beyond ASCII, and accepts tabs', () => {
    assert.equal(check([...HOST, 'x', 'a\tb']).facts.highBytes, false);
    const { error, facts } = check([...HOST, 'x', 'a\xe9']);
    assert.equal(error, null);
    assert.equal(facts.highBytes, true);
  });

  it('forgets the facts of the request before', () => {
    const facts = new RequestFacts();
    checkRequest(
      'GET',
      '/',
      '',
      ['host', 'b', 'connection', 'close', 'x', '\xe9', 'content-length', '3', 'upgrade', 'websocket'],
      facts,
    );
    checkRequest('GET', '/', '', HOST, facts);
    assert.deepEqual(
      { ...facts },
      { authority: 'a', bodyLength: 0, close: false, highBytes: false, wish: null },
    );
  });
});
