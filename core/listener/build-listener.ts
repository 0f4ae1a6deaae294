// Makes a listener of the engine that fits. uWebSockets.js is loaded here alone and when it is wanted: there are platforms
// and versions of Node that it has no binary for.
import { chooseEngine, type EngineChoice, type EngineName } from './choose-engine.js';
import type { Listener, ListenerOptions } from './listener.js';
import { NodeListener } from './node/node-listener.js';

/** A listener, and what it is made of. */
export interface BuiltListener {
  /** Does not listen yet. */
  readonly listener: Listener;
  readonly engine: EngineName;
  /** Why this engine, for a log line: the end of a sentence. */
  readonly reason: string;
}

type UwsClass = typeof import('./uws-listener.js').UwsListener;

let loading: Promise<UwsClass | Error> | null = null;

/** @throws GatewayError SLUICE_LISTEN_ENGINE when `uws` is asked for and cannot do it, or is not there */
export async function buildListener(options: ListenerOptions): Promise<BuiltListener> {
  if (options.engine === 'node') return build(options, chooseEngine(options, null), null);
  loading ??= loadUws();
  const uws = await loading;
  if (uws instanceof Error) return build(options, chooseEngine(options, firstLine(uws)), null);
  return build(options, chooseEngine(options, null), uws);
}

function build(options: ListenerOptions, choice: EngineChoice, uws: UwsClass | null): BuiltListener {
  const listener = uws !== null && choice.engine === 'uws' ? new uws(options) : new NodeListener(options);
  return { listener, ...choice };
}

async function loadUws(): Promise<UwsClass | Error> {
  try {
    return (await import('./uws-listener.js')).UwsListener;
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0]!;
}
