import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collide, isLoopback, parseAddress, parseOrigin } from '../../../core/config/address.js';

test('parses host and port to their one form', () => {
  assert.deepEqual(parseAddress('0.0.0.0:8080'), { host: '0.0.0.0', port: 8080 });
  assert.deepEqual(parseAddress('[0:0:0:0:0:0:0:1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(parseAddress('LocalHost:65535'), { host: 'localhost', port: 65_535 });
  assert.deepEqual(parseAddress('my_service.internal:1'), { host: 'my_service.internal', port: 1 });
});

test('refuses addresses that are incomplete or can be read in two ways', () => {
  for (const text of [
    '',
    ':',
    ':80',
    'a',
    'a:',
    '80',
    'a:65536',
    'a:080',
    'a:+1',
    'a:1 ',
    ' a:1',
    '::1:80',
    '[::1]',
    '*:80',
    '127.1:80',
    '0x7f.0.0.1:80',
    '010.0.0.1:80',
    'a b:1',
    'http://a:1',
    '[::1%1]:80',
  ]) {
    assert.equal(parseAddress(text), null, text);
  }
});

test('parses origins to their one form', () => {
  assert.equal(parseOrigin('http://10.0.0.5:9001'), 'http://10.0.0.5:9001');
  assert.equal(parseOrigin('HTTPS://Api.Example.com:443'), 'https://api.example.com');
  assert.equal(parseOrigin('http://[0::1]'), 'http://[::1]');
  assert.equal(parseOrigin('http://my_service'), 'http://my_service');
});

test('refuses origins with more than scheme, host and port', () => {
  for (const text of [
    '',
    'a',
    'a:80',
    'http://',
    'http:/a',
    'http://a/',
    'http://a?',
    'http://a#',
    'http://a@b',
    'http://a:0',
    'http://a:65536',
    'http://a:',
    'http:\\\\a',
    'http://a b',
    'ftp://a',
    'http://a%2eb',
    'unix:/a',
    'http://1',
    'http://a\n',
  ]) {
    assert.equal(parseOrigin(text), null, text);
  }
});

test('tells loopback from everything wider', () => {
  const loopback = (text: string) => isLoopback(parseAddress(text)!);
  for (const text of ['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1'])
    assert.ok(loopback(text), text);
  for (const text of [
    '0.0.0.0:1',
    '[::]:1',
    '10.0.0.1:1',
    '127.example.com:1',
    '[::ffff:7f00:1]:1',
    'localhost.a:1',
  ]) {
    assert.ok(!loopback(text), text);
  }
});

test('knows which addresses cannot be listened on together', () => {
  const both = (a: string, b: string) =>
    collide(parseAddress(a)!, parseAddress(b)!) && collide(parseAddress(b)!, parseAddress(a)!);
  assert.ok(both('0.0.0.0:1', '127.0.0.1:1'));
  assert.ok(both('[::]:1', '0.0.0.0:1'));
  assert.ok(both('[::]:1', '[::1]:1'));
  assert.ok(!both('0.0.0.0:1', '[::1]:1'));
  assert.ok(!both('127.0.0.1:1', '127.0.0.2:1'));
  assert.ok(!both('127.0.0.1:1', '127.0.0.1:2'));
  assert.ok(!both('127.0.0.1:0', '127.0.0.1:0'));
});
