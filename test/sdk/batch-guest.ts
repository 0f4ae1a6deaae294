// A guest that answers one question about many inputs in one exchange, so that a build and a call serve hundreds of them.
import assert from 'node:assert/strict';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** Bytes, a text as UTF-8, or null for what a message does not have. */
export type Input = Uint8Array | string | null;
/** Bytes come back as hex digits, or null when they are absent; numbers and truths as they are. */
export type Answer = string | number | boolean | null;

const ABSENT_LENGTH = 0xffffffff;

export interface BatchSource {
  /** What the questions use of 'sluice'. */
  readonly imports: readonly string[];
  /** AssemblyScript expressions over the bytes `a` and `b`, by name; each comes to bytes, a number or a truth. */
  readonly questions: Readonly<Record<string, string>>;
  /** Functions that the questions call. */
  readonly functions?: string;
  readonly capabilities?: readonly string[];
}

export class BatchGuest {
  readonly #module: Uint8Array;
  readonly #names: readonly string[];
  readonly #chain: TestChain;

  private constructor(module: Uint8Array, names: readonly string[], config?: object) {
    this.#module = module;
    this.#names = names;
    this.#chain = new TestChain([{ module, memoryMb: 64, ...(config === undefined ? {} : { config }) }]);
  }

  static async build(source: BatchSource): Promise<BatchGuest> {
    const manifest = manifestOf({
      phases: { request: { body: 'buffer' } },
      capabilities: source.capabilities ?? [],
    });
    const module = await buildInline(guestText(source), manifest);
    return new BatchGuest(module, Object.keys(source.questions));
  }

  /** The same guest with a config, for a `configure` among its functions. */
  configured(config: object): BatchGuest {
    return new BatchGuest(this.#module, this.#names, config);
  }

  /** Puts a question about each pair of inputs. A trap fails the test. */
  ask(question: string, inputs: readonly (readonly [a: Input, b?: Input])[]): Answer[] {
    const index = this.#names.indexOf(question);
    assert.notEqual(index, -1, question);
    const body = Buffer.concat([
      Buffer.from([index]),
      ...inputs.flatMap(([a, b = null]) => [...recordOf(a), ...recordOf(b)]),
    ]);
    const { client, failures } = this.#chain.exchange({ method: 'POST', target: '/', body });
    assert.deepEqual(failures, []);
    return JSON.parse(client!.text) as Answer[];
  }

  /** Like `ask`, about one input. */
  askOne(question: string, a: Input, b: Input = null): Answer {
    return this.ask(question, [[a, b]])[0]!;
  }
}

export function hexOf(input: Uint8Array | string): string {
  return Buffer.from(input as string).toString('hex');
}

function recordOf(input: Input): Buffer[] {
  const bytes = Buffer.from((input ?? '') as string);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(input === null ? ABSENT_LENGTH : bytes.byteLength);
  return [length, bytes];
}

function guestText({ imports, questions, functions = '' }: BatchSource): string {
  const own = ['ABSENT', 'Bytes', 'Decision', 'hexEncode', 'JsonWriter', 'Request', 'respond'];
  const cases = Object.values(questions).map(
    (expression, index) => `      case ${index}: show(out, ${expression}); break;`,
  );
  return `
import { ${[...new Set([...own, ...imports])].join(', ')} } from 'sluice';
${functions}
function show<T>(out: JsonWriter, value: T): void {
  if (isBoolean<T>()) out.bool(<bool>value);
  else if (isReference<T>()) {
    const bytes = changetype<Bytes>(value);
    if (bytes.exists) out.textBytes(hexEncode(bytes));
    else out.nothing();
  } else out.raw(Bytes.from(value.toString()));
}
function take(body: Bytes, at: i32): Bytes {
  const length = load<i32>(body.address + at);
  return length < 0 ? ABSENT : body.slice(at + 4, at + 4 + length);
}
export function onRequest(request: Request): Decision {
  const body = request.body;
  const out = new JsonWriter().beginArray();
  let at = 1;
  while (at < body.length) {
    const a = take(body, at);
    at += 4 + a.length;
    const b = take(body, at);
    at += 4 + b.length;
    switch (body[0]) {
${cases.join('\n')}
    }
  }
  return respond(200).json(out.endArray().bytes);
}
`;
}
