// Envoy with one worker, as a plain proxy, and with the rules in one Wasm filter.
import { compileJob } from './envoy-wasm/compile.js';
import { configuredPeer } from './peer.js';

const common = { tool: 'envoy', versionFlag: '--version' } as const;
const args = (file: string): readonly string[] => [
  ...['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'],
];

export const envoy = configuredPeer({
  ...{ id: 'envoy', title: 'Envoy', jobs: ['plain'], ...common },
  start: async () => ({ config: 'envoy/envoy.yaml', args }),
});

export const envoyWasm = configuredPeer({
  ...{ id: 'envoy-wasm', title: 'Envoy + Wasm', jobs: ['policy', 'filtered'], ...common },
  start: async () => ({
    config: 'envoy-wasm/envoy.yaml',
    args,
    files: { 'job.wasm': await compileJob() },
  }),
});
