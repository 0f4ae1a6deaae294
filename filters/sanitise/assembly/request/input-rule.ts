// One thing that is looked for in requests, where, and what becomes of it.
import { Anchor, Bytes, Json, PatternSet, Patterns, percentDecode, refuse } from 'sluice';
import { checkName } from '../name-list';
import { hasControls, withoutControls } from './controls';
import { patternsOf, SET_NAMES } from './pattern-sets';

const FLAGS = 'is';
const PERCENT: u8 = 0x25;

/** Places, a bit for each. */
export const QUERY: u32 = 1;
export const PATH: u32 = 2;
export const FORM: u32 = 4;
export const JSON_BODY: u32 = 8;
export const EVERY_HEADER: u32 = 16;

@final
export class InputRule {
  places: u32 = 0;
  /** Takes out what it finds, and refuses nothing. */
  readonly strips: bool;
  private readonly headers: string[] = [];
  /** Null for control characters. */
  private readonly patterns: PatternSet | null;
  private readonly names: string[] = [];

  /**
   * Reads a rule; in `configure`.
   * @param isControls it looks for control characters, and else for patterns
   */
  constructor(rule: Json, isControls: bool) {
    const action = rule.get('action');
    this.strips = action.bytes.equals('strip');
    if (action.exists && !this.strips && !action.bytes.equals('refuse'))
      refuse(action.pointer, 'expected refuse or strip');
    this.patterns = isControls ? null : this.compile(rule);
    for (let item = rule.get('in').first(); item.exists; item = item.next()) this.addPlace(item, isControls);
    for (let item = rule.get('bodies').first(); item.exists; item = item.next()) {
      if (item.bytes.equals('json')) this.places |= JSON_BODY;
      else if (item.bytes.equals('form')) this.places |= FORM;
      else refuse(item.pointer, 'expected json or form');
    }
    for (let item = rule.get('headers').first(); item.exists; item = item.next()) {
      const name = item.bytes.toLowerCase();
      checkName(name, item);
      this.headers.push(name.toString());
    }
    if (this.places == 0 && this.headers.length == 0)
      refuse(rule.pointer, 'expected a place to look at: in, bodies or headers');
  }

  looksAt(place: u32): bool {
    return (this.places & place) != 0;
  }

  looksAtHeader(name: Bytes): bool {
    if (this.looksAt(EVERY_HEADER)) return true;
    for (let i = 0; i < this.headers.length; i++) if (name.equals(this.headers[i])) return true;
    return false;
  }

  get looksAtHeaders(): bool {
    return this.looksAt(EVERY_HEADER) || this.headers.length > 0;
  }

  /**
   * Name of what it finds in a text; empty when that is nothing.
   * @param isText of more than one line
   * @param isEncoded what is percent-encoded in the text may be decoded once more on its way
   */
  find(text: Bytes, isText: bool, isEncoded: bool): string {
    const found = this.findIn(text, isText);
    if (found.length > 0 || !isEncoded || text.indexOfByte(PERCENT) < 0) return found;
    const again = percentDecode(text);
    return again.exists ? this.findIn(again, isText) : found;
  }

  /** The text without what was found in it; a pattern leaves nothing of it, for what is put together anew may match again. */
  stripped(text: Bytes, isText: bool): Bytes {
    return this.patterns == null ? withoutControls(text, isText) : text.slice(0, 0);
  }

  private findIn(text: Bytes, isText: bool): string {
    const patterns = this.patterns;
    if (patterns == null) return hasControls(text, isText) ? 'control-character' : '';
    return patterns.matches(text) ? this.names[patterns.scan(text).first] : '';
  }

  private addPlace(item: Json, isControls: bool): void {
    if (item.bytes.equals('query')) this.places |= QUERY;
    else if (item.bytes.equals('path')) this.places |= PATH;
    else if (isControls && item.bytes.equals('headers')) this.places |= EVERY_HEADER;
    else refuse(item.pointer, isControls ? 'expected query, path or headers' : 'expected query or path');
  }

  private compile(rule: Json): PatternSet {
    const patterns = new Patterns();
    const sets = rule.get('sets');
    for (let item = sets.first(); item.exists; item = item.next()) {
      const name = item.text();
      if (!SET_NAMES.includes(name)) refuse(item.pointer, 'expected one of ' + SET_NAMES.join(', '));
      const sources = patternsOf(name);
      for (let i = 0; i < sources.length; i++) {
        patterns.add(sources[i], FLAGS, Anchor.None, item.pointer);
        this.names.push(name);
      }
    }
    const own = rule.get('patterns');
    for (let item = own.first(); item.exists; item = item.next()) {
      const name = item.get('name').text();
      if (name.length == 0) refuse(item.pointer, 'expected name and pattern');
      patterns.add(item.get('pattern').bytes, FLAGS, Anchor.None, item.get('pattern').pointer);
      this.names.push(name);
    }
    if (this.names.length == 0) refuse(rule.pointer, 'expected sets or patterns');
    return patterns.compile();
  }
}
