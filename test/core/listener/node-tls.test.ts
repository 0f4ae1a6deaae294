// NodeListener with TLS: the contracts through real handshakes.
import type { ListenerOptions } from '../../../core/listener/listener.js';
import { NodeListener } from '../../../core/listener/node-listener.js';
import { testListenerTls } from '../../contract/listener-tls.contract.js';

for (const http2 of [false, true]) {
  testListenerTls({
    name: `NodeListener ${http2 ? 'with' : 'without'} HTTP/2`,
    create: (options: ListenerOptions) => new NodeListener({ ...options, http2 }),
    ordersSuites: true,
  });
}
