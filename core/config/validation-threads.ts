// Threads that validate, one for each document, which is gone with all that it made. Where documents follow one another the next one
// is kept ready: to start takes it a seventh of a second of a processor, a third of that before it can give way to requests.
import { Worker } from 'node:worker_threads';

/**
 * Nearly all that the thread makes lives as long as it does: collecting it young would only be work, in part of threads
 * that requests need.
 */
const YOUNG_MB = 64;

/** What the document says is being applied until then, and needs the processors. */
const PREPARE_AFTER_MS = 1_500;

const THREAD = new URL('./validation-thread.js', import.meta.url);

let ready: Worker | null = null;
let taken = 0;

/** A thread that validates the document it is sent (ValidationTask); whoever takes it ends it. */
export function takeThread(): Worker {
  taken += 1;
  const thread = ready ?? start();
  ready = null;
  thread.ref();
  return thread;
}

/**
 * Has the next thread ready a while later, for the price of 20 MiB of memory; it keeps no process alive. Not after the first
 * document: whoever has one only, as `sluice check`, would wait for nothing.
 */
export function prepareThread(): void {
  if (taken > 1) setTimeout(prepare, PREPARE_AFTER_MS).unref();
}

function prepare(): void {
  if (ready !== null) return;
  const thread = start();
  thread.unref();
  ready = thread;
  thread.once('exit', () => {
    if (ready === thread) ready = null;
  });
}

function start(): Worker {
  const thread = new Worker(THREAD, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  // Whoever takes it hears of it; one that fails while it waits ends, and another one is started.
  thread.on('error', () => {});
  return thread;
}
