// The suite `scale`: what a request costs as there is more and more of something, one dimension after the other.

import { findLoadGenerator } from '../harness/load-generators.js';
import { startUpstream } from '../harness/processes.js';
import { nginx } from '../peers/nginx.js';
import type { Findings, Suite } from '../suite.js';
import { bodies } from './bodies.js';
import { connections } from './connections.js';
import { type Dimension, FULL, NOTHING, QUICK, type Stage, together, withAll } from './dimension.js';
import { filters } from './filters.js';
import { processes, workers } from './parallel.js';
import { routes } from './routes.js';

const DIMENSIONS: readonly Dimension[] = [routes, filters, connections, bodies, workers, processes];

export const scaleSuite: Suite = {
  name: 'scale',
  title: 'Cost by number and size',
  about:
    'What a request costs the gateway as there are more routes, filters in a chain, connections, bytes in a body, threads and processes. Each is changed ' +
    'alone, on gateways that run at the same time and take load in turn. CPU is user and system time of all threads of the server by the ' +
    'accounts of the kernel. Load generator, upstream and server share the machine, so requests per second say less than CPU per request.',
  async run(run) {
    const generator = findLoadGenerator(run.offline);
    const peer = nginx.find(run.offline);
    const pace = run.quick ? QUICK : FULL;
    return withAll([() => startUpstream()], async ([upstream]) => {
      const parts: Findings[] = [];
      for (const [index, { name, measure }] of DIMENSIONS.entries()) {
        const step = (detail: string): void => run.progress(index, DIMENSIONS.length, `${name}: ${detail}`);
        const stage: Stage = { pace, generator, nginx: peer, upstream: upstream!, step };
        parts.push(await measure(stage));
      }
      const notes = [`Load by ${generator.name}.`, ...(peer === null ? [] : [peer.version])];
      const missing = peer === null ? [`nginx is missing: ${nginx.remedy}`] : [];
      return together([{ ...NOTHING, notes, missing }, ...parts]);
    });
  },
};
