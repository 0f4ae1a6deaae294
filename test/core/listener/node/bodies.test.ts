// Bodies through NodeListener over HTTP/1.1.
import { NodeListener } from '../../../../core/listener/node/node-listener.js';
import { testListenerBodies } from '../../../contract/listener-bodies.contract.js';

testListenerBodies('NodeListener', (options) => new NodeListener(options));
