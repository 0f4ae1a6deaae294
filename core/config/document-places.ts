// From JSON Pointers back to lines and columns when a document was validated and its tree is gone: its text is parsed
// anew, which only what is refused later has to pay for. A large one is parsed on a thread of its own, as for validation.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ConfigPlace } from '../errors.js';
import { parsedDocument } from './document.js';
import { LEAST_CHARACTERS } from './document-validator.js';
import { textOf, type WrittenText } from './written-text.js';

/** Where values of one document stand, in the order of the pointers; see `ConfigDocument.place`. */
export type FindPlaces = (pointers: readonly string[]) => Promise<readonly ConfigPlace[]>;

/** What the thread is started with; it says the places and ends. */
export interface PlacesTask {
  readonly text: string;
  /** Of the document, for people. */
  readonly name: string;
  readonly pointers: readonly string[];
}

const THREAD = new URL('./places-thread.js', import.meta.url);

/** @param name of the document, for people */
export function placesIn({ text }: Pick<WrittenText, 'text'>, name: string): FindPlaces {
  return async (pointers) => {
    const task: PlacesTask = { text: textOf(text), name, pointers };
    if (task.text.length < LEAST_CHARACTERS) return locate(task);
    const thread = new Worker(THREAD, { workerData: task });
    try {
      const [places] = (await once(thread, 'message')) as [readonly ConfigPlace[]];
      return places;
    } finally {
      await thread.terminate();
    }
  };
}

/** On the calling thread. */
export function locate({ text, name, pointers }: PlacesTask): readonly ConfigPlace[] {
  const document = parsedDocument(text, name, null);
  return pointers.map((pointer) => document.place(pointer));
}
