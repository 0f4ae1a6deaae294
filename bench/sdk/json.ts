// `npm run bench:json`: redaction of a JSON body by the built-in sanitise, through the chain that a worker runs, next to
// JSON.parse, edit and JSON.stringify in the same thread, from bytes to bytes; and the memory of the guest over a
// million calls. `--quick` is brief.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { HeaderList } from '../../core/headers.js';
import { FilterChain } from '../../core/wasm/chain.js';
import { loadModule } from '../../core/wasm/module.js';
import { writeFrame } from '../../test/support/phase-frame.js';
import { linksTo, phaseMessage, specOf } from '../../test/support/phase-messages.js';
import { SAMPLE_USER } from '../harness/sample.js';
import { median } from '../harness/statistics.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 5 : 31;
const CALLS = quick ? 20 : 200;
const MEMORY_CALLS = quick ? 20_000 : 1_000_000;
const DOCUMENT_BYTES = 100 * 1024;
const REDACTED = 20;
const KEY = 'socialSecurityNumber';
const REPLACEMENT = '[redacted]';

/** A page of users as an API sends it, 20 of them with a field that must not leave. */
function document(): Buffer {
  const users: Record<string, unknown>[] = [];
  const text = (): string => JSON.stringify({ total: 5000, page: 1, users });
  while (text().length < DOCUMENT_BYTES) users.push({ ...SAMPLE_USER, id: 5000 + users.length });
  for (let i = 0; i < REDACTED; i += 1) users[i * 4]![KEY] = `078-05-${1000 + i}`;
  return Buffer.from(text());
}

let guestMemory = 0;
const chain = new FilterChain({
  enter: () => {},
  leave: () => {},
  memoryPeaked: (_filter, bytes) => {
    guestMemory = bytes;
  },
});
const path = new URL('../../filters/sanitise.wasm', import.meta.url);
const spec = specOf(await loadModule(readFileSync(path), 'sanitise'), {
  config: JSON.stringify({ json: { keys: [KEY] } }),
});
chain.load(spec);
const links = linksTo(spec);

/** The call of a worker: the frame and the body go into the guest, the new body comes out. */
function redactionOf(body: Buffer): () => Uint8Array {
  const message = phaseMessage('response', {}, body);
  const { memory, frame } = writeFrame({
    ...message,
    responseHeaders: new HeaderList(['content-type', 'application/json']),
  });
  const input = {
    phase: 'response',
    stage: 'whole',
    memory,
    at: 0,
    length: frame.byteLength,
    body,
    links,
    outcome: null,
  } as const;
  return () => chain.run(input).edits.body!;
}

function redactInJavaScript(body: Buffer): Buffer {
  const page = JSON.parse(body.toString()) as { users: Record<string, unknown>[] };
  for (const user of page.users) if (KEY in user) user[KEY] = REPLACEMENT;
  return Buffer.from(JSON.stringify(page));
}

/** Microseconds of one call. */
function time(call: () => unknown): number {
  const started = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i += 1) call();
  return Number(process.hrtime.bigint() - started) / CALLS / 1000;
}

const body = document();
const redact = redactionOf(body);
assert.deepEqual(Buffer.from(redact()), redactInJavaScript(body), 'both come to the same bytes');
const contenders = { guest: redact, javascript: () => redactInJavaScript(body) };
const guestUs: number[] = [];
const javascriptUs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  guestUs.push(time(contenders.guest));
  javascriptUs.push(time(contenders.javascript));
}
const show = (name: string, value: string): boolean =>
  process.stdout.write(`${name.padEnd(52)}${value.padStart(12)}\n`);
process.stdout.write(
  `${body.length} bytes of JSON, ${REDACTED} values redacted, median of ${ROUNDS} rounds\n`,
);
show('sanitise, in the chain of a worker', `${median(guestUs).toFixed(0)} us`);
show('JSON.parse, edit, JSON.stringify', `${median(javascriptUs).toFixed(0)} us`);
show('ratio', median(guestUs.map((us, i) => us / javascriptUs[i]!)).toFixed(2));

const small = redactionOf(Buffer.from(JSON.stringify({ ...SAMPLE_USER, [KEY]: '078-05-1120' })));
small();
const before = guestMemory;
for (let i = 0; i < MEMORY_CALLS; i += 1) small();
process.stdout.write(
  `memory of the guest before and after ${MEMORY_CALLS} more calls: ${before} and ${guestMemory} bytes\n`,
);
