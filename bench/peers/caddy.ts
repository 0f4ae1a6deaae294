// Caddy as a plain proxy, on one processor like the others: that costs it a sixth less CPU for each request than two.
import { configuredPeer } from './peer.js';

export const caddy = configuredPeer({
  ...{ id: 'caddy', title: 'Caddy', tool: 'caddy', jobs: ['plain'], versionFlag: 'version' },
  start: async () => ({
    config: 'caddy/Caddyfile',
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    // It keeps its configuration where the environment says.
    env: (folder) => ({ GOMAXPROCS: '1', XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }),
  }),
});
