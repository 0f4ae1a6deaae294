// Run as a process of its own by target-connector.test.ts, because NODE_EXTRA_CA_CERTS is read once at the start:
// forwards two requests to the origin in argv[2] and prints what it got, follows a redirect out of TLS, then checks its health until that is good.
import { BalancedUpstream } from '../../core/upstream/balanced-upstream.js';
import { FollowingUpstream } from '../../core/upstream/following-upstream.js';
import { HealthCheck } from '../../core/upstream/health-check.js';
import { Target } from '../../core/upstream/target.js';
import { TargetConnector } from '../../core/upstream/target-connector.js';
import { collect, upstreamOptions, upstreamRequest } from './upstream-client.js';
import { until } from './upstream-servers.js';

const url = process.argv[2]!;
const upstream = new BalancedUpstream(upstreamOptions([url]));
for (const authority of ['one.example', 'two.example']) {
  const { status, body } = await upstream.forward(upstreamRequest({ authority }));
  console.log(status, await collect(body));
}
await upstream.dispose();

const redirects = { most: 5, hosts: ['localhost'], ports: [1], paths: null, allowPrivate: true };
const following = new FollowingUpstream(upstreamOptions([url]), redirects);
await following
  .forward(upstreamRequest({ target: '/out' }))
  .catch((error: Error) => console.log(error.message));
await following.dispose();

const target = new Target({ url, weight: 1 }, { failures: 0, durationMs: 1 });
target.healthy = false;
const check = new HealthCheck([{ target, connector: new TargetConnector(url, { allowPrivate: false }) }], {
  ...{ path: '/', intervalMs: 1, timeoutMs: 5000, healthyAfter: 1, unhealthyAfter: 1 },
});
await until(() => target.healthy);
check.dispose();
console.log('well');
