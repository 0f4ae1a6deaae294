import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { findFault, type Outcome } from '../../../bench/filters/agreement.js';
import type { Case } from '../../../bench/filters/filter-bench.js';
import { SAMPLE_USER } from '../../../bench/harness/sample.js';
import { CASE_ANSWERS, CASES } from '../../../bench/peers/cases.js';
import { compileJob } from '../../../bench/peers/envoy-wasm/compile.js';

type Call = (stream: number, count: number, isLast: number) => number;

/** What the module exports of proxy-wasm 0.2.1, as far as a host has to know. */
interface Filter {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  proxy_abi_version_0_2_1(): void;
  proxy_on_vm_start(context: number, size: number): number;
  proxy_on_configure(context: number, size: number): number;
  proxy_on_context_create(context: number, parent: number): void;
  proxy_on_delete(context: number): void;
  readonly proxy_on_request_headers: Call;
  readonly proxy_on_request_body: Call;
  readonly proxy_on_response_headers: Call;
  readonly proxy_on_response_body: Call;
}

interface Message {
  readonly fields: Map<string, string>;
  body: Buffer;
}

const CONTINUE = 0;
const ROOT = 1;
const OK = 0;
const NOT_FOUND = 1;
/** Maps of fields by number. */
const RESPONSE_FIELDS = 2;

/** A host with the functions that the filter imports, which gives it bodies in two pieces. */
class Host {
  filter!: Filter;
  request: Message = message({}, '');
  response: Message = message({}, '');
  answered: Outcome | null = null;
  #streams = ROOT;

  readonly imports = {
    proxy_get_header_map_value: (map: number, name: number, length: number, at: number, size: number) => {
      const value = this.#fields(map).get(this.#text(name, length));
      return value === undefined ? NOT_FOUND : this.#give(Buffer.from(value), at, size);
    },
    proxy_replace_header_map_value: (
      map: number,
      name: number,
      length: number,
      value: number,
      size: number,
    ) => {
      this.#fields(map).set(this.#text(name, length), this.#text(value, size));
      return OK;
    },
    proxy_remove_header_map_value: (map: number, name: number, length: number) => {
      this.#fields(map).delete(this.#text(name, length));
      return OK;
    },
    proxy_get_buffer_bytes: (buffer: number, start: number, length: number, at: number, size: number) =>
      this.#give(this.#message(buffer).body.subarray(start, start + length), at, size),
    proxy_set_buffer_bytes: (buffer: number, start: number, length: number, at: number, size: number) => {
      const { body } = this.#message(buffer);
      const bytes = Buffer.from(this.#bytes(at, size));
      this.#message(buffer).body = Buffer.concat([
        body.subarray(0, start),
        bytes,
        body.subarray(start + length),
      ]);
      return OK;
    },
    proxy_send_local_response: (
      status: number,
      _details: number,
      _size: number,
      at: number,
      size: number,
    ) => {
      this.answered = { status, headers: new Headers(), text: this.#text(at, size) };
      return OK;
    },
  };

  /** Begins an exchange, and answers its number. */
  open(): number {
    this.#streams += 1;
    this.filter.proxy_on_context_create(this.#streams, ROOT);
    return this.#streams;
  }

  /** What a client gets of `answers` by path, or of its own body where it asks for that. */
  exchange(stream: number, { request, expected }: Case): Outcome {
    const echoes = expected.kind === 'passes' || request.headers['x-bench-echo'] !== undefined;
    // Envoy undoes what need not be encoded before filters see it.
    const path = request.path.replace('%6f', 'o');
    this.answered = null;
    this.request = message({ ':method': request.method, ':path': path, ...request.headers }, request.body);
    if (!this.#pass(stream, this.request, 'request')) return this.answered!;
    const text = echoes ? this.request.body.toString() : (CASE_ANSWERS[path] ?? JSON.stringify(SAMPLE_USER));
    const fields = { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` };
    this.response = message({ ...fields, 'x-powered-by': 'sample' }, text);
    if (!this.#pass(stream, this.response, 'response')) return this.answered!;
    assert.equal(this.response.fields.get('content-length'), `${this.response.body.length}`);
    return {
      status: 200,
      headers: new Headers([...this.response.fields]),
      text: this.response.body.toString(),
    };
  }

  /** Takes a message through the filter; false where the filter answered in its place. */
  #pass(stream: number, { body, fields }: Message, phase: 'request' | 'response'): boolean {
    const onHead = this.filter[`proxy_on_${phase}_headers`];
    const onBody = this.filter[`proxy_on_${phase}_body`];
    const isEmpty = body.length === 0;
    const verdict = onHead(stream, fields.size, isEmpty ? 1 : 0);
    if (this.answered !== null) return false;
    if (isEmpty) return verdict === CONTINUE;
    const piece = onBody(stream, body.length >> 1, 0);
    assert.equal(piece, verdict, 'a body waits where its head does');
    return onBody(stream, body.length, 1) === CONTINUE;
  }

  #message(buffer: number): Message {
    return buffer === 0 ? this.request : this.response;
  }

  #fields(map: number): Map<string, string> {
    return (map === RESPONSE_FIELDS ? this.response : this.request).fields;
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.filter.memory.buffer, at, length);
  }

  #text(at: number, length: number): string {
    return Buffer.from(this.#bytes(at, length)).toString();
  }

  #give(bytes: Uint8Array, at: number, size: number): number {
    const place = this.filter.malloc(bytes.length);
    this.#bytes(place, bytes.length).set(bytes);
    const view = new DataView(this.filter.memory.buffer);
    view.setUint32(at, place, true);
    view.setUint32(size, bytes.length, true);
    return OK;
  }
}

function message(fields: Readonly<Record<string, string>>, body: string): Message {
  return { fields: new Map(Object.entries(fields)), body: Buffer.from(body) };
}

describe('the filter that Envoy runs', () => {
  const host = new Host();
  const { policy, filtered } = CASES;

  const exchange = (wanted: Case): Outcome => {
    const stream = host.open();
    const outcome = host.exchange(stream, wanted);
    host.filter.proxy_on_delete(stream);
    return outcome;
  };

  before(async () => {
    const module = new WebAssembly.Module(Buffer.from(await compileJob()));
    const { exports } = new WebAssembly.Instance(module, { env: host.imports });
    host.filter = exports as unknown as Filter;
    host.filter.proxy_abi_version_0_2_1();
    host.filter.proxy_on_context_create(ROOT, 0);
    assert.equal(host.filter.proxy_on_vm_start(ROOT, 0), 1);
    assert.equal(host.filter.proxy_on_configure(ROOT, 0), 1);
  });

  it('does the same as all others in all cases', () => {
    for (const each of [...policy, ...filtered])
      assert.equal(findFault(each, exchange(each)), null, each.name);
  });

  it('says what a request is refused for', () => {
    const user = filtered[0]!;
    const statusOf = (change: Partial<Case['request']>): number =>
      exchange({ ...user, request: { ...user.request, ...change } }).status;
    assert.equal(statusOf({ method: 'PATCH' }), 403);
    assert.equal(statusOf({ headers: {} }), 415);
    assert.equal(statusOf({ body: '' }), 400);
    assert.equal(statusOf({ body: '{"id":1,' }), 400);
    assert.equal(statusOf({ body: '{"id":1}' }), 422);
  });

  it('takes a whole number and an address however they are spelled', () => {
    const user = filtered[0]!;
    const isTaken = (change: string): boolean => {
      const body = `${JSON.stringify(SAMPLE_USER).slice(0, -1)},${change}}`;
      return exchange({ ...user, request: { ...user.request, body } }).status === 200;
    };
    const taken = ['"id":4.711e3', '"id":1.0', '"email":"a.b+c\\u0040sub.example.com"', '"na\\u006de":"Ada"'];
    for (const change of taken) assert.ok(isTaken(change), change);
    const refused = [
      ...['"id":-1', '"id":"1"', '"id":1e-3', '"email":"a..b@example.com"', '"email":"a@example"'],
      ...['"email":"a@-b.com"', '"email":"a@b.c-"', '"email":"@b.com"', '"address":{"street":1}'],
      ...[
        '"preferences":[]',
        '"tags":{}',
        '"roles":[1]',
        '"orders":[{"id":"o-1"}]',
        '"tags":["a",]',
        '"tags":["a"',
      ],
    ];
    for (const change of refused) assert.ok(!isTaken(change), change);
  });

  it('answers in place of a response that it cannot read', () => {
    const cutOff = filtered.find(({ expected }) => expected.kind === 'hidden')!;
    assert.equal(exchange(cutOff).status, 502);
  });

  it('takes no more memory for many exchanges than for a few, and as much as a long path needs', () => {
    const { memory } = host.filter;
    const user = filtered[0]!;
    for (let times = 0; times < 10; times += 1) exchange(user);
    const before = memory.buffer.byteLength;
    for (let times = 0; times < 10_000; times += 1) exchange(user);
    assert.equal(memory.buffer.byteLength, before);
    const long = { ...user, request: { ...user.request, path: `/${'x'.repeat(2 * before)}` } };
    assert.equal(exchange(long).status, 403);
    const grown = memory.buffer.byteLength;
    assert.ok(grown > before);
    assert.equal(exchange(long).status, 403);
    assert.equal(memory.buffer.byteLength, grown);
  });

  it('tells many exchanges at once apart', () => {
    const [user, policed] = [filtered[0]!, policy[0]!];
    const open = Array.from({ length: 3000 }, () => host.open());
    open.forEach((stream, index) => {
      const wanted = index % 2 === 0 ? user : policed;
      assert.equal(findFault(wanted, host.exchange(stream, wanted)), null);
    });
    for (const stream of open) host.filter.proxy_on_delete(stream);
    // Nothing is known of an exchange that is over.
    host.response = message({ 'x-powered-by': 'sample' }, '');
    assert.equal(host.filter.proxy_on_response_headers(open[0]!, 1, 1), CONTINUE);
    assert.ok(host.response.fields.has('x-powered-by'));
  });
});
