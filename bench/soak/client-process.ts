// The clients of a soak, in a process of its own: they ask for what the mix has, rest a little, and tell every second what
// came of it.
import { Agent, request } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { REQUESTS } from '../harness/job.js';
import type { LoadRequest } from '../harness/load.js';
import type { ClientEnd, ClientOrder, ClientSecond } from './clients.js';
import { askSlowly, keepLeaving } from './difficult-clients.js';
import { MIX, orderOf } from './mix.js';

const TELL_MS = 1000;
/** So many failures are told in words. */
const MOST_PROBLEMS = 5;

class Clients {
  readonly #order: ClientOrder;
  readonly #agent: Agent;
  readonly #sequence = orderOf(MIX.map(({ weight }) => weight));
  readonly #took = MIX.map(() => createHistogram());
  readonly #failed = MIX.map(() => 0);
  readonly #problems: string[] = [];
  #next = 0;
  #isOver = false;
  #left = 0;
  #slow = { served: 0, failed: 0 };
  /** Since it was told last. */
  #second = { requests: 0, failed: 0, took: createHistogram() };

  constructor(order: ClientOrder) {
    this.#order = order;
    this.#agent = new Agent({ keepAlive: true, maxSockets: order.connections });
  }

  async run(): Promise<ClientEnd> {
    const isOver = (): boolean => this.#isOver;
    const telling = setInterval(() => process.send!(this.#takeSecond()), TELL_MS);
    await Promise.all([
      ...Array.from({ length: this.#order.connections }, () => this.#askOn()),
      this.#askSlowlyOn(REQUESTS.download),
      this.#askSlowlyOn(REQUESTS.filtered),
      keepLeaving(this.#order.port, isOver, () => {
        this.#left += 1;
      }),
    ]);
    clearInterval(telling);
    this.#agent.destroy();
    return {
      kind: 'end',
      last: this.#takeSecond(),
      kinds: MIX.map(({ name }, index) => ({
        name,
        count: this.#took[index]!.count,
        failed: this.#failed[index]!,
        p50Ms: this.#took[index]!.percentile(50) / 1000,
        p99Ms: this.#took[index]!.percentile(99) / 1000,
      })),
      slow: this.#slow,
      left: this.#left,
      problems: this.#problems,
    };
  }

  /** No more is asked; what is asked is waited for. */
  stop(): void {
    this.#isOver = true;
  }

  async #askOn(): Promise<void> {
    const { pauseMs } = this.#order;
    while (!this.#isOver) {
      const index = this.#sequence[this.#next % this.#sequence.length]!;
      this.#next += 1;
      await this.#ask(index);
      await delay(Math.random() * 2 * pauseMs);
    }
  }

  async #ask(index: number): Promise<void> {
    const { name, request: asked, status } = MIX[index]!;
    const startMs = performance.now();
    const { answer, code } = await this.#answerTo(asked).catch(({ message }: Error) => ({
      answer: message,
      code: '',
    }));
    const tookUs = Math.max(1, Math.round((performance.now() - startMs) * 1000));
    this.#took[index]!.record(tookUs);
    this.#second.took.record(tookUs);
    this.#second.requests += 1;
    if (answer === status) return;
    this.#failed[index]! += 1;
    this.#second.failed += 1;
    this.#tell(`${name}: ${answer} ${code}`.trimEnd());
  }

  async #askSlowlyOn(asked: LoadRequest): Promise<void> {
    while (!this.#isOver) {
      const answer = await askSlowly(this.#order.port, asked).catch(({ message }: Error) => message);
      if (answer === 200) {
        this.#slow.served += 1;
        continue;
      }
      this.#slow.failed += 1;
      this.#tell(`a slow client of ${asked.path}: ${answer}`);
      await delay(this.#order.pauseMs);
    }
  }

  /** The status, and the code of a problem (RFC 9457) where there is one. */
  #answerTo({ method, path, headers, body }: LoadRequest): Promise<{ answer: number; code: string }> {
    return new Promise((resolve, reject) => {
      const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
      const options = { agent: this.#agent, host: '127.0.0.1', port: this.#order.port, method, path };
      const sent = request({ ...options, headers: { ...headers, ...length } }, (response) => {
        const isProblem = response.headers['content-type'] === 'application/problem+json';
        let text = '';
        response.on('data', (part: Buffer) => {
          if (isProblem) text += part;
        });
        response.on('end', () => {
          const code = isProblem ? (JSON.parse(text) as { code: string }).code : '';
          resolve({ answer: response.statusCode!, code });
        });
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  #tell(problem: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
  }

  #takeSecond(): ClientSecond {
    const { requests, failed, took } = this.#second;
    this.#second = { requests: 0, failed: 0, took: createHistogram() };
    return { kind: 'second', requests, failed, p99Ms: requests === 0 ? 0 : took.percentile(99) / 1000 };
  }
}

process.once('message', (order: ClientOrder) => {
  const clients = new Clients(order);
  process.once('message', () => clients.stop());
  void clients.run().then((end) => process.send!(end));
});
process.on('disconnect', () => process.exit(0));
