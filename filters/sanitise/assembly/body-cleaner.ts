// What is to leave in place of a body: JSON by rules, and JSON and text by what detectors find.
import { ABSENT, Bytes, Json, JsonAction, JsonEditor, JsonRules, Response, refuse } from 'sluice';
import { BodyStream } from './body-stream';
import { isReadable, isWide, looksLikeJson, looksLikeText, saysJsonLines } from './body-type';
import { Detections } from './detections';
import { Pseudonyms } from './pseudonym';
import { decide, LOOK, readRules } from './redact-rules';

const PARTIAL_CONTENT = 206;

@final
export class BodyCleaner {
  private readonly pseudonyms: Pseudonyms = new Pseudonyms();
  private readonly detections: Detections = new Detections(this.pseudonyms);
  private rules: JsonRules | null = null;
  /** What is for JSON is for each document of a sequence as well; for detectors alone these are text. */
  private readsLines: bool = false;
  /** Values and places that the last call of `clean` dealt with. */
  count: i32 = 0;

  /** Reads `json`, `detect` and `hashSecret`; in `configure`. */
  read(config: Json): void {
    const json = config.get('json');
    this.pseudonyms.read(config.get('hashSecret'));
    this.detections.read(config.get('detect'));
    if (!json.exists && this.detections.isEmpty) return;
    this.readsLines = json.exists;
    const rules = readRules(json, this.pseudonyms);
    if (!this.detections.isEmpty) rules.addScalars(JsonAction.ask(LOOK));
    const paths = json.get('paths');
    const pointers = paths.exists ? paths : json.get('rules');
    if (!rules.compile()) refuse(pointers.pointer, 'these pointers overlap in too many ways');
    this.rules = rules;
  }

  /** Cleans bodies chunk by chunk, by the same rules. After `read`; in `configure`. */
  streamed(stream: Json, json: Json): BodyStream {
    const replacement = json.get('replacement');
    const tooLong = replacement.exists ? replacement.raw : Bytes.from('"[redacted]"');
    return new BodyStream(stream, this.rules, this.readsLines, tooLong, this.detections, this.pseudonyms);
  }

  /** The cleaned body; the body itself when nothing is to be done, and absent when it should be cleaned and cannot be. */
  clean(response: Response): Bytes {
    const body = response.body;
    const rules = this.rules;
    this.count = 0;
    if (rules == null || body.isEmpty) return body;
    const isJson = looksLikeJson(response);
    const hasLines = !isJson && this.readsLines && saysJsonLines(response);
    if (isJson || hasLines) {
      // A piece of a document may be valid JSON by chance, with the name of the member cut off.
      return response.status == PARTIAL_CONTENT ? ABSENT : this.cleanJson(rules, body, hasLines);
    }
    if (this.detections.isEmpty || !looksLikeText(response)) return body;
    return isReadable(response) && !isWide(body) ? this.cleanText(body) : ABSENT;
  }

  private cleanJson(rules: JsonRules, body: Bytes, hasLines: bool): Bytes {
    const editor = new JsonEditor(rules, body, hasLines);
    this.detections.reset();
    while (editor.next()) decide(editor, this.pseudonyms, this.detections);
    if (editor.isValid) this.count = editor.count;
    return editor.bytes;
  }

  private cleanText(body: Bytes): Bytes {
    this.detections.reset();
    const cleaned = this.detections.inText(body);
    this.count = this.detections.count;
    return cleaned;
  }
}
