// Run as a process of its own by target-connector.test.ts, because NODE_EXTRA_CA_CERTS is read once at the start:
// forwards two requests to the origin in argv[2] and prints what it got.
import { BalancedUpstream } from '../../core/upstream/balanced-upstream.js';
import { collect, upstreamOptions, upstreamRequest } from './upstream-client.js';

const upstream = new BalancedUpstream(upstreamOptions([process.argv[2]!]));
for (const authority of ['one.example', 'two.example']) {
  const { status, body } = await upstream.forward(upstreamRequest({ authority }));
  console.log(status, await collect(body));
}
await upstream.dispose();
