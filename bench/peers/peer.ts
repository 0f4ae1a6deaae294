// What a peer is: a proxy that the gateway is held next to, and what it can be asked to do.
import { type Configured, startConfigured } from '../harness/configured.js';
import { type Subject, versionOf } from '../harness/processes.js';
import { findTool, howToInstall, type Tool, type ToolName } from '../harness/tools.js';

/**
 * What is asked of a proxy, by `../harness/job.ts`: to pass on what comes; to let through only what is declared; and to do so,
 * hold the body to a JSON Schema, and take secrets out of the JSON that comes back.
 */
export type Job = 'plain' | 'policy' | 'filtered';

export interface Peer {
  /** Part of the ids of ratios, so it stays. */
  readonly id: string;
  readonly title: string;
  readonly jobs: readonly Job[];
  /** Null where it is missing; `offline` fetches nothing. */
  find(offline: boolean): FoundPeer | null;
  /** What makes a peer that is missing be there. */
  readonly remedy: string;
}

export interface FoundPeer {
  /** With a name before it, e.g. `nginx 1.22.1`. */
  readonly version: string;
  start(upstreamPort: number): Promise<Subject>;
}

/** A peer that is a program with a configuration. */
export interface ConfiguredPeer extends Pick<Peer, 'id' | 'title' | 'jobs'> {
  readonly tool: ToolName;
  /** What makes the program say its version. */
  readonly versionFlag: string;
  /** How it is started, made anew for each start. */
  start(tool: Tool): Promise<Omit<Configured, 'name' | 'tool' | 'upstreamPort'>>;
}

export function configuredPeer({ tool: name, versionFlag, start, ...peer }: ConfiguredPeer): Peer {
  return {
    ...peer,
    find(offline) {
      const tool = findTool(name, offline);
      if (tool === null) return null;
      return {
        version: `${peer.title.split(' ')[0]} ${numberIn(versionOf(tool, versionFlag))}`,
        start: async (upstreamPort) =>
          startConfigured({ ...(await start(tool)), name: peer.id, tool, upstreamPort }),
      };
    },
    remedy: howToInstall(name),
  };
}

/** The last version in a text, since a path may stand before it. */
function numberIn(text: string): string {
  return text.match(/\d+\.\d+\.\d+/g)?.at(-1) ?? text;
}
