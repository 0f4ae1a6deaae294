// The modules that a document names, and the same document with other names for them: whatever else stands in it, and
// how it is written, stays.
import { isDeepStrictEqual } from 'node:util';
import { ConfigErrors } from '../errors.js';
import { type ConfigDocument, parseDocument } from './document.js';
import { errorAt, pointerTo } from './error-at.js';

export interface NamedModule {
  /** Of the filter. */
  readonly filter: string;
  /** As written. */
  readonly module: string;
}

/** Modules of all filters; what does not fit the schema is left out. */
export function modulesOf({ value }: ConfigDocument): NamedModule[] {
  return Object.entries(objectIn(objectIn(value)['filters'])).flatMap(([filter, config]) => {
    const { module } = objectIn(config);
    return typeof module === 'string' ? [{ filter, module }] : [];
  });
}

/** A document, and the text that it was parsed from. */
export interface WrittenDocument {
  readonly text: string;
  readonly document: ConfigDocument;
}

/**
 * The same with other modules.
 * @param written as it was parsed, its value unchanged
 * @param names what stands in place of a module, by module; one that is not in it stays. They need no quotes in YAML
 * @throws ConfigErrors of SLUICE_CONFIG_INVALID when a module is part of something else too, through an alias
 */
export function renameModules(written: WrittenDocument, names: ReadonlyMap<string, string>): WrittenDocument {
  const { text, document } = written;
  const renamed = modulesOf(document).filter(({ module }) => names.has(module));
  if (renamed.length === 0) return written;
  const changes = new Map<number, { end: number; text: string }>();
  for (const { filter, module } of renamed) {
    const { start, end } = document.span(pointerOf(filter))!;
    changes.set(start, { end, text: inPlaceOf(text.slice(start, end), names.get(module)!) });
  }
  let result = '';
  let from = 0;
  for (const [start, change] of [...changes].sort(([a], [b]) => a - b)) {
    result += text.slice(from, start) + change.text;
    from = change.end;
  }
  result += text.slice(from);
  const reread = parseDocument(result, document.name);
  refuseOtherChanges(document, renamed, names, reread);
  return { text: result, document: reread };
}

function objectIn(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {};
}

function pointerOf(filter: string): string {
  return `${pointerTo('/filters', filter)}/module`;
}

/** In the quotes of what stood there, and with its line break. */
function inPlaceOf(written: string, name: string): string {
  const quote = /^["']/.exec(written)?.[0] ?? '';
  return `${quote}${name}${quote}${written.endsWith('\n') ? '\n' : ''}`;
}

/** What an anchor is on may be meant elsewhere as well. */
function refuseOtherChanges(
  document: ConfigDocument,
  renamed: readonly NamedModule[],
  names: ReadonlyMap<string, string>,
  reread: ConfigDocument,
): void {
  const expected = structuredClone(document.value) as { filters: Record<string, { module: string }> };
  for (const { filter, module } of renamed) expected.filters[filter]!.module = names.get(module)!;
  if (isDeepStrictEqual(reread.value, expected)) return;
  throw new ConfigErrors(
    renamed.map(({ filter }) => {
      const pointer = pointerOf(filter);
      const found = 'a module that an alias makes part of something else';
      return errorAt('SLUICE_CONFIG_INVALID', document.place(pointer), found, 'the path written out');
    }),
  );
}
