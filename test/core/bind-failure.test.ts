import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindFailure } from '../../core/bind-failure.js';

test('an address that cannot be bound is named as the configuration writes it', () => {
  const named = (host: string): string => bindFailure('listener a', host, 8080, null).message;
  assert.equal(named('127.0.0.1'), 'listener a cannot bind 127.0.0.1:8080');
  assert.equal(named('::1'), 'listener a cannot bind [::1]:8080');
});
