// Turns the raw fields of a response head into what is forwarded. llhttp, which undici parses with, lets no CR, LF,
// NUL or other control character through; response-head.test.ts holds it to that.
import { util } from 'undici';
import { isHopByHop } from '../headers.js';

export interface ResponseHead {
  /** Flat, names lower case, hop-by-hop fields gone. */
  readonly fields: string[];
  /** Value of `content-length`; null when absent. */
  readonly contentLength: number | null;
  /** Neither a length nor chunks: the end of the connection ends the body (RFC 9112 §6.3). */
  readonly untilClose: boolean;
  /** Set when the body is coded in a way that we cannot undo, and that its reader would not know of. */
  readonly unknownCoding: string | null;
}

/** @param raw `[name, value, …]` as received */
export function decodeHead(raw: readonly Buffer[]): ResponseHead {
  const fields: string[] = [];
  let contentLength: number | null = null;
  let chunked = false;
  let unknownCoding: string | null = null;
  let named: Set<string> | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    const name = util.headerNameToString(raw[i]!);
    if (isHopByHop(name)) {
      if (name === 'transfer-encoding') {
        const coding = trimEnd(raw[i + 1]!.toString('latin1')).toLowerCase();
        if (coding === 'chunked') chunked = true;
        else unknownCoding = coding;
      } else if (name === 'connection') {
        named = addOptions(named, raw[i + 1]!.toString('latin1'));
      }
      continue;
    }
    const value = trimEnd(raw[i + 1]!.toString('latin1'));
    if (name === 'content-length') contentLength = Number(value);
    fields.push(name, value);
  }
  return {
    fields: named === null ? fields : without(fields, named),
    contentLength,
    untilClose: contentLength === null && !chunked,
    unknownCoding,
  };
}

/** Adds the field names in a `connection` value; returns null while there are none but hop-by-hop ones. */
function addOptions(named: Set<string> | null, value: string): Set<string> | null {
  if (value === 'keep-alive' || value === 'close') return named;
  let options = named;
  for (const part of value.toLowerCase().split(',')) {
    const option = part.trim();
    if (option === '' || option === 'close' || isHopByHop(option)) continue;
    options ??= new Set();
    options.add(option);
  }
  return options;
}

function without(fields: readonly string[], named: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (!named.has(fields[i]!)) kept.push(fields[i]!, fields[i + 1]!);
  }
  return kept;
}

/** Takes off the optional white space that the parser leaves at the end of a value (RFC 9110 §5.5). */
function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0) {
    const code = value.charCodeAt(end - 1);
    if (code !== 0x20 && code !== 0x09) break;
    end--;
  }
  return end === value.length ? value : value.slice(0, end);
}
