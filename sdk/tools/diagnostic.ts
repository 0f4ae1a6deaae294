// What the compiler says about a filter, and how a person or an editor reads it.
import { relative } from 'node:path';

/** A place in a source file. */
export interface SourcePlace {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** The whole line. */
  readonly lineText: string;
  /** How many units of the line are meant; at least 1. */
  readonly length: number;
}

/** What the compiler says of sources. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info';
  /** `TS2339` as TypeScript numbers it, or `AS235` of AssemblyScript's own. */
  readonly code: string;
  readonly message: string;
  /** Null for what stands in no file of the author or of the SDK. */
  readonly place: SourcePlace | null;
}

/** Finds the line and column of a span of text. */
export function placeIn(file: string, text: string, start: number, end: number): SourcePlace {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const lineText = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  const column = start - lineStart + 1;
  return {
    file,
    line: text.slice(0, lineStart).split('\n').length,
    column,
    lineText,
    length: Math.max(1, Math.min(end - start, lineText.length - column + 1)),
  };
}

/**
 * `assembly/index.ts:4:11: error TS2339: …` and, below it, the line with the place underlined.
 * @param from folder that the path is relative to
 */
export function formatDiagnostic({ severity, code, message, place }: Diagnostic, from: string): string {
  if (place === null) return `${severity} ${code}: ${message}`;
  const { file, line, column, lineText, length } = place;
  const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return (
    `${relative(from, file)}:${line}:${column}: ${severity} ${code}: ${message}\n` +
    `  ${lineText}\n  ${indent}${'~'.repeat(length)}`
  );
}
