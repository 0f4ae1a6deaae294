// The watcher of etcd3 as it comes, on a thread of its own: once its connection broke, its client keeps trying for ever,
// also after it was closed.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Etcd3 } from 'etcd3';

export class NaiveWatcher {
  /** Last value that it told of; null before the first, and after a removal. */
  value: string | null = null;
  readonly #worker: Worker;

  private constructor(worker: Worker, connected: () => void) {
    this.#worker = worker;
    worker.on('message', (message: { put: string } | 'deleted' | 'connected' | 'created') => {
      if (typeof message === 'object') this.value = message.put;
      else if (message === 'deleted') this.value = null;
      else if (message === 'connected') connected();
    });
  }

  /** Begins to watch. @param connected told each time it is connected again */
  static begin(endpoint: string, key: string, connected: () => void): NaiveWatcher {
    const worker = new Worker(new URL(import.meta.url), { workerData: { endpoint, key } });
    return new NaiveWatcher(worker, connected);
  }

  /** Resolves once it watches. */
  async created(): Promise<void> {
    for (;;) {
      const [message] = (await once(this.#worker, 'message')) as [unknown];
      if (message === 'created') return;
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (!isMainThread) {
  const { endpoint, key } = workerData as { endpoint: string; key: string };
  const say = (message: unknown): void => parentPort!.postMessage(message);
  const watcher = await new Etcd3({ hosts: `http://${endpoint}` }).watch().key(key).create();
  watcher.on('put', ({ value }) => say({ put: value.toString() }));
  watcher.on('delete', () => say('deleted'));
  watcher.on('connected', () => say('connected'));
  // It gives its errors to nobody in particular.
  watcher.on('error', () => undefined);
  say('created');
}
