// NodeListener over HTTP/2: the contract, and what the protocol has more than HTTP/1.1.
import { NodeListener } from '../../../core/listener/node-listener.js';
import { testListener } from '../../contract/listener.contract.js';
import { requestOverHttp2 } from '../../support/http2-client.js';

const OPTIONS = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, http2: true };

testListener('NodeListener over HTTP/2', () => {
  const listener = new NodeListener(OPTIONS);
  return { listener, request: (request) => requestOverHttp2(listener.port, request) };
}, ['no host', 'two hosts', 'a method that is no token', 'a protocol upgrade']);
