// HAProxy with one thread, as a plain proxy, with its own rules, and with Lua for what they cannot say.
import { configuredPeer } from './peer.js';

const versionFlag = '-v';
const args = (file: string): readonly string[] => ['-db', '-q', '-f', file];

export const haproxy = configuredPeer({
  ...{ id: 'haproxy', title: 'HAProxy', tool: 'haproxy', jobs: ['plain', 'policy'], versionFlag },
  start: async () => ({ config: 'haproxy/haproxy.cfg', args }),
});

export const haproxyLua = configuredPeer({
  ...{ id: 'haproxy-lua', title: 'HAProxy + Lua', tool: 'haproxy-lua', jobs: ['filtered'], versionFlag },
  start: async () => ({ config: 'haproxy-lua/haproxy.cfg', args }),
});
