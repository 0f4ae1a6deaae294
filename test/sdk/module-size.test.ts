// What a filter that uses little of the SDK carries of it: nothing that it does not call.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MANIFEST_SECTION } from '../../sdk/abi/names.js';
import { removeCustomSection } from '../../sdk/tools/wasm-sections.js';
import { guestBytes } from '../support/test-guests.js';
import { buildInline, manifestOf } from './inline-filter.js';

const HELLO = `
import { Decision, next, Request, Response } from 'sluice';
export function onResponse(request: Request, response: Response): Decision {
  response.headers.set('x-hello', 'Hello, ' + request.headers.get('x-name').toString());
  return next();
}`;

describe('the module of a filter', () => {
  it('that checks two headers is below 2.4 KB without manifest and names', async () => {
    const code = removeCustomSection(
      removeCustomSection(await guestBytes('two-headers'), MANIFEST_SECTION),
      'name',
    );
    assert.ok(code.length < 2400, `${code.length} bytes`);
  });

  it('that greets is below 8 KB', async () => {
    const module = await buildInline(HELLO, manifestOf({ phases: { response: { body: 'none' } } }));
    assert.ok(module.length < 8000, `${module.length} bytes`);
  });
});
