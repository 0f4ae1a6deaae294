// Lines of the log with the beginning of errors that clients do not see.
import { Bytes, BytesWriter, isUtf8, JsonAction, JsonEditor, JsonRules, log } from 'sluice';
import { Detections } from './detections';
import { Pseudonyms } from './pseudonym';

/** A line has room for more, and nobody reads it. */
const MOST_BYTES = 2048;

export class ErrorLog {
  private readonly detections: Detections = new Detections(new Pseudonyms());
  private readonly strings: JsonRules = new JsonRules();

  constructor() {
    this.detections.replaceAll();
    this.strings.addScalars(JsonAction.ask());
    this.strings.compile();
  }

  /** @param body without what the config redacts; absent when that could not be told, so that nothing is shown */
  write(status: i32, body: Bytes): void {
    const line = new BytesWriter().add('replaced an error ').add(status).add(': ');
    if (!body.exists) log.warn(line.add('its body cannot be cleaned').bytes);
    else if (!isUtf8(body)) log.warn(line.add('its body is no text').bytes);
    else log.warn(line.add(beginning(this.redacted(body))).bytes);
  }

  /** Without anything that a detector knows, whatever the config looks for. */
  private redacted(body: Bytes): Bytes {
    this.detections.reset();
    const editor = new JsonEditor(this.strings, body);
    while (editor.next()) this.detections.replaceIn(editor);
    // Names of members, and what is no JSON.
    return this.detections.inText(editor.isValid ? editor.bytes : body);
  }
}

function beginning(text: Bytes): Bytes {
  if (text.length <= MOST_BYTES) return text;
  let end = MOST_BYTES;
  while (end > 0 && (text[end] & 0xc0) == 0x80) end--;
  return text.slice(0, end);
}
