// Builds the rules of the editor from the `json` part of the config.
import { Bytes, Json, JsonAction, JsonRules, refuse } from 'sluice';

/** In `configure`. */
export function readRules(json: Json): JsonRules {
  const replacement = json.get('replacement');
  const redact = JsonAction.replace(replacement.exists ? replacement.raw : Bytes.from('"[redacted]"'));
  const rules = new JsonRules(json.get('caseInsensitiveKeys').bool());
  for (let item = json.get('keys').first(); item.exists; item = item.next()) {
    if (item.isString) rules.addName(item.bytes, redact);
    else refuse(item.pointer, 'expected a string');
  }
  for (let item = json.get('paths').first(); item.exists; item = item.next()) {
    if (!item.isString || !rules.addPointer(item.text(), redact)) {
      refuse(item.pointer, 'expected a JSON Pointer such as /users/*/email');
    }
  }
  if (!rules.compile()) refuse(json.get('paths').pointer, 'these pointers overlap in too many ways');
  return rules;
}
