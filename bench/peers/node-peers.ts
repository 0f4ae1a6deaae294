// Proxies on Node.js, with the rules in JavaScript: two that one takes from npm, and one as it is written by hand.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startNodePeer } from './node-process.js';
import type { Job, Peer } from './peer.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface NodePeer extends Pick<Peer, 'id' | 'title' | 'jobs'> {
  /** Of `node/`. */
  readonly program: string;
  readonly args: readonly string[];
  /** What it is made of, as `package.json` pins them. */
  readonly packages: readonly string[];
}

function nodePeer({ program, args, packages, ...peer }: NodePeer): Peer {
  return {
    ...peer,
    find() {
      if (!packages.every((name) => existsSync(`${ROOT}node_modules/${name}`))) return null;
      return {
        version: packages.map((name) => `${name} ${pinned(name)}`).join(', '),
        start: (upstreamPort) => startNodePeer(peer.id, program, [String(upstreamPort), ...args]),
      };
    },
    remedy: 'npm ci',
  };
}

/** The version alone, also where a package stands for another. */
function pinned(name: string): string {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  return (dependencies[name] ?? devDependencies[name] ?? '').replace(/^npm:.*@/, '');
}

const common: { readonly jobs: readonly Job[]; readonly args: readonly string[] } = {
  jobs: ['plain', 'filtered'],
  args: [],
};

export const uwsUndici = nodePeer({
  ...{ id: 'uws-undici', title: 'uWS + undici, by hand', program: 'proxy', args: ['job'] },
  jobs: ['plain', 'policy', 'filtered'],
  packages: ['uWebSockets.js', 'undici'],
});

export const fastifyHttpProxy = nodePeer({
  ...common,
  ...{ id: 'fastify', title: '@fastify/http-proxy', program: 'fastify-proxy' },
  packages: ['@fastify/http-proxy', 'fastify'],
});

export const httpProxy = nodePeer({
  ...common,
  ...{ id: 'http-proxy', title: 'http-proxy', program: 'http-proxy' },
  packages: ['http-proxy'],
});
