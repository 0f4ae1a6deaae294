// A NodeListener that speaks HTTP/2 in clear text, one client of it, and what came through.
import { BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { ExchangeHandler, ListenerOptions } from '../../core/listener/listener.js';
import { NodeListener, type NodeTimes } from '../../core/listener/node/node-listener.js';
import { Http2Client } from './http2-client.js';
import { Collector } from './raw-body.js';

/** Answers with the path, or with the code of the refusal. */
export const answerPath: ExchangeHandler = (exchange, reply, refusal) => {
  const body = new BufferedBody(Buffer.from(refusal?.code ?? exchange.path));
  void reply.send(refusal?.status ?? 200, new HeaderList(), body);
};

export class Http2Stage {
  readonly listener: NodeListener;
  readonly seen: Exchange[] = [];
  client!: Http2Client;
  handle: ExchangeHandler = answerPath;

  private constructor(listener: NodeListener) {
    this.listener = listener;
  }

  static async open(
    options: Partial<ListenerOptions> = {},
    times: Partial<NodeTimes> = {},
  ): Promise<Http2Stage> {
    const base = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, http2: true };
    const stage = new Http2Stage(new NodeListener({ ...base, ...options }, times));
    await stage.listener.listen((exchange, reply, refusal) => {
      stage.seen.push(exchange);
      stage.handle(exchange, reply, refusal);
    });
    stage.client = await Http2Client.open(stage.listener.port, options.tls ? {} : undefined);
    return stage;
  }

  close(): void {
    this.client.destroy();
    this.listener.close();
  }

  /** Sets a handler that collects the upload and answers with its size once it is whole. */
  collect(): Collector {
    const collector = new Collector();
    this.handle = (exchange, reply) => {
      exchange.requestBody?.read(collector);
      void collector.done.then(() =>
        reply.send(200, new HeaderList(), new BufferedBody(Buffer.from(String(collector.bytes)))),
      );
    };
    return collector;
  }
}
