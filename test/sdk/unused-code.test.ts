// What a filter imports nothing of must not be in its module: every worker holds one of each.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildInline } from './inline-filter.js';

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef', 'utf16le');
/** What a filter says when it reads a byte that is not there; a text is in a module when any of its code may say it. */
const OUT_OF_RANGE = Buffer.from('byte index out of range', 'utf16le');
/** Functions keep their names in a module, with the file they are from. */
const CODEC =
  /sluice\/(?:accept|codec\/|combined-field|cookies|glob|hash|json\/(?:action|editor|edits|mask|rules)|media-type|quoted-string|structured-fields\/)/;

async function textOfFilter(imports: string, use: string): Promise<Buffer> {
  const source = `
    import { Decision, next, Request${imports} } from 'sluice';
    export function onRequest(request: Request): Decision {
      request.headers.set('x-path', ${use});
      return next();
    }`;
  return Buffer.from(await buildInline(source));
}

describe('the SDK', () => {
  it('puts codecs and their tables into the filters that use them', async () => {
    const imports = ', base64Encode, structured';
    const module = await textOfFilter(imports, 'structured.list(base64Encode(request.path)).size');
    assert.ok(module.includes(ALPHABET));
    assert.ok(CODEC.test(module.toString('latin1')));
  });

  it('puts nothing of them into a filter that does not', async () => {
    const module = await textOfFilter('', 'request.path');
    assert.ok(!module.includes(ALPHABET));
    assert.ok(!CODEC.test(module.toString('latin1')));
  });

  it('puts error texts into the filters that may come to say them, and into no others', async () => {
    assert.ok((await textOfFilter('', 'request.path[0]')).includes(OUT_OF_RANGE));
    assert.ok(!(await textOfFilter('', 'request.path')).includes(OUT_OF_RANGE));
  });
});
