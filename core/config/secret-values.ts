// The values of the secrets that a configuration mentions, apart from the configuration: that is logged, shown and
// compared, and keeps the references.
import { inspect } from 'node:util';
import type { ErrorCode } from '../errors.js';

/** A mention of a secret in a string. */
export interface SecretMention {
  /** Offsets in the string: what the value replaces. */
  readonly start: number;
  readonly end: number;
  /** As written. */
  readonly text: string;
  /** Null when it could not be resolved. */
  readonly value: string | null;
  /** What was expected of one that is malformed or does not resolve, else null. */
  readonly problem: string | null;
  /** File that the value stands in, or should. */
  readonly file?: string;
  /** Of the error that says so. Default: SLUICE_SECRET_UNRESOLVED. */
  readonly code?: ErrorCode;
  /** True for what is no secret: `${NAME}`, which is a problem, or `$${NAME}`, whose value is the text without the escape. */
  readonly variable?: true;
}

/** A text that shorter secrets would be found in by chance. */
const LEAST_REDACTED = 4;
const REDACTED = '[secret]';

export class SecretValues {
  /** By the text that holds mentions: the same text with values. */
  readonly #texts = new Map<string, string>();
  /** Likewise, as the value of a header. */
  readonly #fields = new Map<string, string>();
  /** Every value, plain and as it stands in JSON. */
  readonly #values = new Set<string>();
  /** Those to look for, long ones first: of a value that holds another one, the rest would be left. */
  #sought: readonly string[] | null = null;
  readonly #byReference = new Map<string, string>();

  /** Keeps what a text is with its secrets resolved. */
  add(text: string, mentions: readonly SecretMention[]): void {
    let expanded = '';
    let field = '';
    let from = 0;
    for (const { start, end, text: mention, value, variable } of mentions) {
      const literal = text.slice(from, start);
      expanded += literal + value;
      field += literal + Buffer.from(value!, 'utf8').toString('latin1');
      from = end;
      if (variable) continue;
      this.#byReference.set(mention.replace(/^\$\{|\}$/g, ''), value!);
      this.#values.add(value!);
      this.#values.add(JSON.stringify(value).slice(1, -1));
    }
    this.#sought = null;
    this.#texts.set(text, expanded + text.slice(from));
    this.#fields.set(text, field + text.slice(from));
  }

  /** Every secret by its reference, without braces. */
  get byReference(): ReadonlyMap<string, string> {
    return this.#byReference;
  }

  /** A text of the configuration with its secrets in place. */
  expand(text: string): string {
    return this.#texts.get(text) ?? text;
  }

  /** Likewise as the value of a header, one character for each byte: secrets are UTF-8, what stands around them Latin-1. */
  expandField(text: string): string {
    return this.#fields.get(text) ?? text;
  }

  /** Any value of the configuration, likewise. */
  expandAll(value: unknown): unknown {
    if (this.#texts.size === 0) return value;
    if (typeof value === 'string') return this.expand(value);
    if (Array.isArray(value)) return value.map((item) => this.expandAll(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.expandAll(item)]));
  }

  /** A text for people without any of the values. */
  redact(text: string): string {
    this.#sought ??= [...this.#values]
      .filter((value) => value.length >= LEAST_REDACTED)
      .sort((a, b) => b.length - a.length);
    let redacted = text;
    for (const value of this.#sought) redacted = redacted.replaceAll(value, REDACTED);
    return redacted;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
