// Both HTTP clients, each for plain targets too, so that one suite can hold both to the same behaviour.
import { openHttp1, openUndici } from '../../core/upstream/balanced-upstream.js';
import { buildUpstream } from '../../core/upstream/build-upstream.js';
import type { BuildUpstream } from './upstream-client.js';

/** How to build an upstream on each of them, by the name of the connection. */
export const ENGINES: Readonly<Record<string, BuildUpstream>> = {
  Http1Connection: (options, resolve) => buildUpstream(options, openHttp1, resolve),
  UndiciConnection: (options, resolve) => buildUpstream(options, openUndici, resolve),
};
