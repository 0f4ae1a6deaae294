// Strings of JSON bodies and fields of forms in requests.
import { ABSENT, Bytes, JsonAction, JsonEditor, JsonRules, JsonType, Request } from 'sluice';
import { beginsLikeJson } from '../body-type';
import { ContentTypes } from '../content-types';
import { Spelling } from '../spelling';
import { Finding } from './finding';
import { FORM, InputRule, JSON_BODY } from './input-rule';
import { cleanParameters } from './parameters';

/** What a body is taken for. */
enum Form {
  Other,
  Json,
  /** It does not say that it is JSON, and may be. */
  PerhapsJson,
  Fields,
}

@final
export class BodyInput {
  private readonly strings: JsonRules = new JsonRules();
  private readonly spelling: Spelling = new Spelling();
  /** Strings and fields that the last call of `clean` took something out of. */
  stripped: i32 = 0;

  constructor(private readonly rules: InputRule[]) {}

  /** In `configure`. */
  prepare(): void {
    this.strings.addScalars(JsonAction.ask());
    this.strings.compile();
  }

  /** The first thing for which the request is to be refused; null when there is none. */
  clean(request: Request, changes: bool): Finding | null {
    this.stripped = 0;
    const body = request.body;
    if (body.isEmpty || !(this.looksAt(JSON_BODY) || this.looksAt(FORM))) return null;
    const form = formOf(request);
    if (form == Form.Other) return null;
    const place = form == Form.Fields ? 'form' : 'json';
    if (!this.looksAt(form == Form.Fields ? FORM : JSON_BODY)) return null;
    const coding = request.headers.get('content-encoding');
    if (coding.exists && !coding.equalsIgnoreCase('identity'))
      return new Finding(place, ABSENT, 'content-encoding');
    return form == Form.Fields
      ? this.cleanFields(request, changes)
      : this.cleanJson(request, changes, form == Form.Json);
  }

  private looksAt(place: u32): bool {
    for (let i = 0; i < this.rules.length; i++) if (this.rules[i].looksAt(place)) return true;
    return false;
  }

  private cleanFields(request: Request, changes: bool): Finding | null {
    const outcome = cleanParameters(request.body, this.rules, FORM, 'form');
    this.stripped = outcome.stripped;
    if (outcome.finding == null && outcome.stripped > 0 && changes) request.setBody(outcome.text);
    return outcome.finding;
  }

  private cleanJson(request: Request, changes: bool, isJson: bool): Finding | null {
    const editor = new JsonEditor(this.strings, request.body);
    this.spelling.reset();
    let finding: Finding | null = null;
    while (editor.next()) {
      if (editor.type != JsonType.String || finding != null) continue;
      finding = this.cleanString(editor);
    }
    if (!editor.isValid) return isJson ? new Finding('json', ABSENT, 'not-json') : null;
    if (finding != null) return finding;
    this.stripped = editor.count;
    if (changes && editor.count > 0) request.setBody(editor.bytes);
    return null;
  }

  private cleanString(editor: JsonEditor): Finding | null {
    const length = editor.length;
    const start = editor.address;
    if (length < 3) return null;
    this.spelling.openJson(start + 1, start + length - 1);
    let text = new Bytes(this.spelling.start, <i32>(this.spelling.end - this.spelling.start));
    let isChanged = false;
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (!rule.looksAt(JSON_BODY)) continue;
      const found = rule.find(text, true, false);
      if (found.length == 0) continue;
      if (!rule.strips) return new Finding('json', editor.name, found);
      isChanged = true;
      text = rule.stripped(text, true);
    }
    if (isChanged) editor.replaceText(text);
    return null;
  }
}

/** Of several content types each counts, for nobody knows which of them the upstream goes by. */
function formOf(request: Request): Form {
  const types = new ContentTypes(request.headers);
  if (types.hasJson) return Form.Json;
  let form = Form.Other;
  for (let i = 0; i < types.names.length; i++) {
    if (types.names[i].equals('application/x-www-form-urlencoded')) form = Form.Fields;
  }
  return form == Form.Other && beginsLikeJson(request.body) ? Form.PerhapsJson : form;
}
