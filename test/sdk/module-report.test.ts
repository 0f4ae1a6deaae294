import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { ABI_RANGE } from '../../core/wasm/abi-range.js';
import { formatReport, reportModule } from '../../sdk/tools/module-report.js';
import { appendCustomSection } from '../../sdk/tools/wasm-sections.js';
import { guestBytes } from '../support/test-guests.js';
import { buildInline, manifestOf } from './inline-filter.js';

const SOURCE = `
import { clock, Decision, next, Request, Response } from 'sluice';
export function onRequest(request: Request): Decision { return next(); }
export function onResponse(request: Request, response: Response): Decision {
  response.headers.set('x-now', <i64>clock.now());
  return next();
}`;

const MANIFEST = manifestOf({
  description: 'Says when.',
  phases: { request: {}, response: { body: 'buffer' } },
  capabilities: ['clock'],
  config: { type: 'object' },
  memory: { maximumMb: 3 },
});

describe('the report of a module', () => {
  let bytes: Uint8Array;
  before(async () => {
    bytes = await buildInline(SOURCE, MANIFEST);
  });

  it('has the manifest, the memory, the digest and both sides of its boundary', () => {
    const report = reportModule(bytes, 'x');
    const { memory: _, ...embedded } = MANIFEST;
    assert.deepEqual(report.manifest, embedded);
    assert.deepEqual(report.supportedAbi, ABI_RANGE);
    assert.deepEqual(report.memory, { initialBytes: 65536, maximumBytes: 3 * 1024 * 1024 });
    assert.equal(report.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    assert.deepEqual(
      report.imports
        .map(({ module, name, kind, signature }) => `${module}.${name} ${kind} ${signature}`)
        .sort(),
      [
        'env.memory memory null',
        'sluice.abort function (i32, i32, i32, i32, i32, i32) -> ()',
        'sluice.clock_wall function () -> f64',
      ],
    );
    assert.deepEqual(report.exports.map(({ name, signature }) => `${name} ${signature}`).sort(), [
      'sluice_begin (i32) -> i32',
      'sluice_configure (i32, i32) -> i32',
      'sluice_on_request (i32, i32) -> i32',
      'sluice_on_response (i32, i32) -> i32',
    ]);
  });

  it('counts every byte of the module into one section', () => {
    const { sections } = reportModule(bytes, 'x');
    const sum = sections.reduce((total, section) => total + section.bytes, 8);
    assert.equal(sum, bytes.length);
    const names = sections.map(({ name }) => name);
    for (const name of ['type', 'import', 'code', 'data', 'name', 'sluice.manifest'])
      assert(names.includes(name), name);
  });

  it('reads as text, one fact a line', () => {
    const text = formatReport(reportModule(bytes, 'x'));
    assert.match(text, /^filter {8}inline 1\.0\.0\n {14}Says when\.\nabi {11}1 \(supported: 1\)\n/);
    assert.match(text, /^phases {8}request \(body: none\), response \(body: buffer\)$/m);
    assert.match(text, /^memory {8}64 KiB to start, at most 3 MiB$/m);
    assert.match(text, /^config {8}\{\n {16}"type": "object"\n {14}\}\n$/m);
  });

  it('shows the control characters that a module has in its texts, instead of obeying them', async () => {
    const report = reportModule(bytes, 'x');
    const description = 'a\u001b[2Jb\nc\u009b';
    const text = formatReport({ ...report, manifest: { ...report.manifest, description } });
    assert.match(text, /^ {14}a\\u001b\[2Jb\\u000ac\\u009b$/m);
  });

  it('is the same of every guest that a gateway loads', async () => {
    for (const name of ['puppet', 'rate-limit', 'callouts']) {
      assert.equal(reportModule(await guestBytes(name), name).manifest.name, name);
    }
  });

  it('is refused for the reasons of a gateway', async () => {
    const refused = (module: Uint8Array, code: string, message: RegExp): void => {
      assert.throws(() => reportModule(module, 'x.wasm'), { code, message });
    };
    refused(bytes.subarray(0, 100), 'SLUICE_FILTER_NOT_WASM', /^x\.wasm: not a WebAssembly module/);
    refused(
      appendCustomSection(bytes, 'sluice.manifest', Buffer.from('{}')),
      'SLUICE_FILTER_MANIFEST',
      /^x\.wasm: found 2 custom sections/,
    );
    refused(
      appendCustomSection(bytes, 'padding', Buffer.alloc(16 * 1024 * 1024)),
      'SLUICE_FILTER_MODULE_TOO_LARGE',
      /^x\.wasm has \d+ bytes, at most 16777216 are loaded/,
    );
    refused(
      await buildInline(SOURCE, { ...MANIFEST, config: { type: 'strnig' } }),
      'SLUICE_FILTER_MANIFEST',
      /^x\.wasm: the config schema cannot be used/,
    );
  });
});
