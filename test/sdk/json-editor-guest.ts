// A guest that edits documents by rules which come with them, and the rules as tests write them.
import { BatchGuest, type Input } from './batch-guest.js';

/** What is done with a value: `text` puts a string in its place. */
export type Edit =
  | { readonly do: 'keep' }
  | { readonly do: 'remove' }
  | { readonly do: 'replace'; readonly with: unknown }
  | { readonly do: 'text'; readonly with: string }
  | { readonly do: 'mask'; readonly keep: number }
  | MemberEdit;

/** What a filter says besides, which no rule does: of a member its name, and then the rest; of an object a further member. */
export type MemberEdit =
  | { readonly do: 'rename'; readonly to: string; readonly rest: Edit }
  | { readonly do: 'add'; readonly name: string; readonly with: unknown; readonly rest: Edit };

/** Selects by name or by pointer; with `ask` the guest is asked, and answers with the edit. */
export type Rule = ({ readonly name: string } | { readonly pointer: string }) & {
  readonly edit: Edit;
  readonly ask?: boolean;
};

export interface StreamOptions {
  /** Where chunks end, in bytes from the start; rising. */
  readonly cuts: readonly number[];
  /** Most bytes that are held for a value. */
  readonly limit?: number;
  /** Masks all strings that no rule selects. */
  readonly scalars?: boolean;
  /** Answers the most bytes that were held and of the longest state, in place of the document. */
  readonly facts?: boolean;
}

const FUNCTIONS = `
function actionOf(rule: Json, index: i32): JsonAction {
  const edit = rule.get('edit');
  const what = edit.get('do').text();
  if (rule.get('ask').bool() || what == 'text' || edit.get('rest').exists) return JsonAction.ask(index);
  if (what == 'keep') return JsonAction.keep();
  if (what == 'remove') return JsonAction.remove();
  if (what == 'mask') return JsonAction.mask(<i32>edit.get('keep').integer());
  return JsonAction.replace(edit.get('with').raw);
}

function decide(editor: JsonEditor, edit: Json): void {
  const what = edit.get('do').text();
  if (what == 'keep') editor.keep();
  else if (what == 'remove') editor.remove();
  else if (what == 'mask') editor.mask(<i32>edit.get('keep').integer());
  else if (what == 'text') editor.replaceText(edit.get('with').bytes);
  else if (what == 'rename') {
    if (editor.name.exists) editor.rename(edit.get('to').bytes);
    decide(editor, edit.get('rest'));
  } else if (what == 'add') {
    if (editor.type == JsonType.Object) editor.add(edit.get('name').bytes, edit.get('with').raw);
    decide(editor, edit.get('rest'));
  } else editor.replace(edit.get('with').raw);
}

function rulesOf(list: Json, ignoreCase: bool, maxDepth: i32): JsonRules {
  const rules = new JsonRules(ignoreCase, maxDepth);
  let index = 0;
  for (let rule = list.first(); rule.exists; rule = rule.next()) {
    const action = actionOf(rule, index++);
    const name = rule.get('name');
    if (name.exists) rules.addName(name.bytes, action);
    else assert(rules.addPointer(rule.get('pointer').text(), action));
  }
  assert(rules.compile());
  return rules;
}

function editorOf(a: Bytes, b: Bytes, ignoreCase: bool = false, maxDepth: i32 = 512): JsonEditor {
  const list = Json.parse(a);
  const editor = new JsonEditor(rulesOf(list, ignoreCase, maxDepth), b);
  while (editor.next()) decide(editor, list.at(editor.tag).get('edit'));
  return editor;
}

/** Every value that is asked about, as the guest sees it. */
function seen(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  const out = new JsonWriter().beginArray();
  while (editor.next()) {
    out.beginArray().integer(editor.tag);
    if (editor.name.exists) out.textBytes(editor.name);
    else out.nothing();
    out.integer(editor.type).bool(editor.value.type == editor.type).textBytes(editor.value.raw).endArray();
  }
  return out.endArray().bytes;
}

/** Changes its mind. */
function lastWord(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  while (editor.next()) {
    editor.remove();
    editor.mask(1);
    if (editor.type == JsonType.Number) editor.keep();
    if (editor.type == JsonType.Null) editor.replaceText(Bytes.from('none'));
  }
  return editor.bytes;
}

/** Edits JSON that stands in strings of JSON. */
function nested(a: Bytes, b: Bytes): Bytes {
  const rules = rulesOf(Json.parse(a), false, 512);
  const outer = new JsonEditor(rules, b);
  while (outer.next()) {
    const inner = new JsonEditor(rules, outer.value.bytes);
    while (inner.next()) inner.mask();
    if (inner.isValid) outer.replaceText(inner.bytes);
    else outer.replaceText(Bytes.from(inner.problem));
  }
  return outer.bytes;
}

function decideInStream(stream: JsonStream, edit: Json): void {
  const what = edit.get('do').text();
  if (what == 'keep') stream.keep();
  else if (what == 'remove') stream.remove();
  else if (what == 'mask') stream.mask(<i32>edit.get('keep').integer());
  else if (what == 'text') stream.replaceText(edit.get('with').bytes);
  else stream.replace(edit.get('with').raw);
}

/** Edits a document in chunks that end at \`cuts\`, as a host gives them out. Two more facts behind the document: most held, longest state. */
function streamed(a: Bytes, b: Bytes): Bytes {
  const all = Json.parse(a);
  const list = all.get('rules');
  const limit = <i32>all.get('limit').integer();
  const rules = rulesOf(list, false, 512);
  if (all.get('scalars').bool()) rules.addScalars(JsonAction.ask(-1));
  const out = new BytesWriter();
  let held = ABSENT;
  let state = ABSENT;
  let from = 0;
  let mostHeld = 0;
  let longestState = 0;
  for (let cut = all.get('cuts').first(); ; cut = cut.next()) {
    const isLast = !cut.exists;
    const to = isLast ? b.length : <i32>cut.integer();
    const window = new BytesWriter().add(held).add(b.slice(from, to)).bytes;
    from = to;
    const stream = new JsonStream(rules, window, isLast, state, limit, Bytes.from('"#"'));
    while (stream.next()) {
      if (stream.tag >= 0) decideInStream(stream, list.at(stream.tag).get('edit'));
      else if (stream.type == JsonType.String) stream.mask(1);
    }
    if (!stream.isValid) return ABSENT;
    out.add(stream.bytes);
    held = window.slice(window.length - stream.heldBytes);
    state = stream.state;
    mostHeld = max(mostHeld, held.length);
    longestState = max(longestState, state.length);
    if (isLast) break;
  }
  return all.get('facts').bool() ? Bytes.from(mostHeld.toString() + ' ' + longestState.toString()) : out.bytes;
}

/** Masks all strings that no rule selects. */
function masked(a: Bytes, b: Bytes): Bytes {
  const list = Json.parse(a);
  const rules = rulesOf(list, false, 512);
  rules.addScalars(JsonAction.ask(-1));
  const editor = new JsonEditor(rules, b);
  while (editor.next()) {
    if (editor.tag >= 0) decide(editor, list.at(editor.tag).get('edit'));
    else if (editor.type == JsonType.String) editor.mask(1);
  }
  return editor.bytes;
}

/** Names the value at hand, member or not. */
function renamed(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  while (editor.next()) editor.rename(Bytes.from('n'));
  return editor.bytes;
}

/** Adds what the rules are to the value at hand, object or not. */
function grown(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  while (editor.next()) editor.add(Bytes.from('n'), Json.parse(a).at(0).get('edit').get('with').bytes);
  return editor.bytes;
}

/** Leaves the walk after the first value. */
function left(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  if (editor.next()) editor.remove();
  return editor.bytes;
}

/** Looks into objects before it says what becomes of their members. */
function typed(a: Bytes, b: Bytes): Bytes {
  const editor = new JsonEditor(rulesOf(Json.parse(a), false, 512), b);
  let isSecret = false;
  while (editor.next()) {
    if (editor.type == JsonType.Object) isSecret = editor.value.get('secret').bool();
    else if (isSecret) editor.mask(2);
  }
  return editor.bytes;
}
`;

export class EditorGuest {
  private constructor(private readonly guest: BatchGuest) {}

  static async build(): Promise<EditorGuest> {
    const guest = await BatchGuest.build({
      imports: ['BytesWriter', 'Json', 'JsonAction', 'JsonEditor', 'JsonRules', 'JsonStream', 'JsonType'],
      functions: FUNCTIONS,
      questions: {
        edited: 'editorOf(a, b).bytes',
        editedIgnoringCase: 'editorOf(a, b, true).bytes',
        editedThreeDeep: 'editorOf(a, b, false, 3).bytes',
        count: 'editorOf(a, b).count',
        problem: 'Bytes.from(editorOf(a, b).problem)',
        seen: 'seen(a, b)',
        lastWord: 'lastWord(a, b)',
        nested: 'nested(a, b)',
        left: 'left(a, b)',
        typed: 'typed(a, b)',
        renamed: 'renamed(a, b)',
        grown: 'grown(a, b)',
        masked: 'masked(a, b)',
        streamed: 'streamed(a, b)',
      },
    });
    return new EditorGuest(guest);
  }

  /** What comes of a document, or null when the editor says that it is broken. */
  edit(rules: readonly Rule[], document: Input, question = 'edited'): string | null {
    const answer = this.guest.askOne(question, JSON.stringify(rules), document);
    return answer === null ? null : Buffer.from(answer as string, 'hex').toString();
  }

  /** Like `edit`, with a document that comes in chunks. */
  stream(rules: readonly Rule[], document: Input, options: StreamOptions): string | null {
    const given = JSON.stringify({ limit: 65536, ...options, rules });
    const answer = this.guest.askOne('streamed', given, document);
    return answer === null ? null : Buffer.from(answer as string, 'hex').toString();
  }

  count(rules: readonly Rule[], document: Input): number {
    return this.guest.askOne('count', JSON.stringify(rules), document) as number;
  }
}
