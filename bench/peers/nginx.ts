// nginx with one worker, as a plain proxy and with the rules in Lua.
import { selfSigned } from '../../test/support/certificates.js';
import { freePort } from '../harness/processes.js';
import { configuredPeer } from './peer.js';

const common = {
  versionFlag: '-v',
  args: (file: string, folder: string) => ['-c', file, '-p', folder],
  isMaster: true,
};
const { versionFlag, ...start } = common;

export const nginx = configuredPeer({
  ...{ id: 'nginx', title: 'nginx', tool: 'nginx', jobs: ['plain'], versionFlag },
  async start() {
    const { chain, key } = selfSigned({ names: ['localhost'], key: 'p-256' });
    return {
      ...start,
      config: 'nginx/nginx.conf',
      values: { tlsPort: await freePort() },
      files: { 'server.crt': chain, 'server.key': key },
    };
  },
});

export const nginxLua = configuredPeer({
  ...{ id: 'nginx-lua', title: 'nginx + Lua', tool: 'nginx-lua', jobs: ['policy', 'filtered'], versionFlag },
  start: async () => ({ ...start, config: 'nginx-lua/gateway.conf' }),
});
