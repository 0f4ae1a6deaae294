// Builds the rules of the editor from the `json` part of the config, and answers what they ask.
import { Bytes, Json, JsonAction, JsonRules, JsonValueAtHand, refuse } from 'sluice';
import { Detections } from './detections';
import { Pseudonyms } from './pseudonym';

/** Tags of values that the editor stops at: that a rule wants hashed, and that detectors are to look through. */
const HASH = 1;
export const LOOK = 2;

/** In `configure`. `rules` come before `keys`, and `keys` before `paths`. */
export function readRules(json: Json, pseudonyms: Pseudonyms): JsonRules {
  const replacement = json.get('replacement');
  const redact = JsonAction.replace(replacement.exists ? replacement.raw : Bytes.from('"[redacted]"'));
  const rules = new JsonRules(json.get('caseInsensitiveKeys').bool());
  for (let item = json.get('rules').first(); item.exists; item = item.next()) {
    addRule(rules, item, readAction(item, redact, pseudonyms));
  }
  for (let item = json.get('keys').first(); item.exists; item = item.next()) {
    if (item.isString) rules.addName(item.bytes, redact);
    else refuse(item.pointer, 'expected a string');
  }
  for (let item = json.get('paths').first(); item.exists; item = item.next()) addPointer(rules, item, redact);
  return rules;
}

/** Decides about the value at which an editor stopped. */
export function decide(hand: JsonValueAtHand, pseudonyms: Pseudonyms, detections: Detections): void {
  if (hand.tag == HASH) pseudonyms.replace(hand);
  else detections.replaceIn(hand);
}

function addRule(rules: JsonRules, rule: Json, action: JsonAction): void {
  const key = rule.get('key');
  const pointer = rule.get('pointer');
  if (key.exists == pointer.exists) return refuse(rule.pointer, 'expected either key or pointer');
  if (pointer.exists) addPointer(rules, pointer, action);
  else if (key.isString) rules.addName(key.bytes, action);
  else refuse(key.pointer, 'expected a string');
}

function addPointer(rules: JsonRules, pointer: Json, action: JsonAction): void {
  if (!pointer.isString || !rules.addPointer(pointer.text(), action)) {
    refuse(pointer.pointer, 'expected a JSON Pointer such as /users/*/email');
  }
}

function readAction(rule: Json, redact: JsonAction, pseudonyms: Pseudonyms): JsonAction {
  const action = rule.get('action');
  const name = action.bytes;
  const keepLast = rule.get('keepLast');
  const value = rule.get('value');
  if (keepLast.exists && !name.equals('mask')) refuse(keepLast.pointer, 'only mask keeps characters');
  if (value.exists && action.exists && !name.equals('replace'))
    refuse(value.pointer, 'only replace has a value');
  if (name.equals('remove')) return JsonAction.remove();
  if (name.equals('keep')) return JsonAction.keep();
  if (name.equals('mask')) return JsonAction.mask(<i32>keepLast.integer());
  if (name.equals('hash')) {
    pseudonyms.mustBeThere(rule);
    return JsonAction.ask(HASH);
  }
  if (action.exists && !name.equals('replace')) {
    refuse(action.pointer, 'expected remove, mask, hash, replace or keep');
  }
  return value.exists ? JsonAction.replace(value.raw) : redact;
}
