// Builds the redactor from the `json` part of the config.
import { Bytes, Json, NameSet, PathSet, Redactor, refuse } from 'sluice';

/** In `configure`. */
export function readRedactor(json: Json): Redactor {
  const names = new NameSet(json.get('caseInsensitiveKeys').bool());
  for (let item = json.get('keys').first(); item.exists; item = item.next()) {
    if (item.isString) names.add(item.bytes);
    else refuse(item.pointer, 'expected a string');
  }
  const paths = new PathSet();
  for (let item = json.get('paths').first(); item.exists; item = item.next()) {
    if (!item.isString || !paths.add(item.text())) {
      refuse(item.pointer, 'expected a JSON Pointer such as /users/*/email');
    }
  }
  if (!paths.compile()) refuse(json.get('paths').pointer, 'these pointers overlap in too many ways');
  const replacement = json.get('replacement');
  return new Redactor(names, paths, replacement.exists ? replacement.raw : Bytes.from('"[redacted]"'));
}
