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
  it('that checks two headers is below 2 KiB without the manifest, names of functions included', async () => {
    const module = removeCustomSection(await guestBytes('two-headers'), MANIFEST_SECTION);
    assert.ok(module.length < 2048, `${module.length} bytes`);
  });

  it('that greets is below 8 KB', async () => {
    const module = await buildInline(HELLO, manifestOf({ phases: { response: { body: 'none' } } }));
    assert.ok(module.length < 8000, `${module.length} bytes`);
  });
});
