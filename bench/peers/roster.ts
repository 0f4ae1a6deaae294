// Who the gateway is held next to, in the order in which they run.
import { caddy } from './caddy.js';
import { envoy, envoyWasm } from './envoy.js';
import { haproxy, haproxyLua } from './haproxy.js';
import { nginx, nginxLua } from './nginx.js';
import { fastifyHttpProxy, httpProxy, uwsUndici } from './node-peers.js';
import type { Peer } from './peer.js';

export const PEERS: readonly Peer[] = [
  ...[nginx, nginxLua, uwsUndici, fastifyHttpProxy, caddy, envoy, envoyWasm],
  ...[haproxy, haproxyLua, httpProxy],
];
