// Parameters of queries and fields of forms, which are spelled alike.
import { ABSENT, Bytes, BytesWriter, percentEncode, Query } from 'sluice';
import { Finding } from './finding';
import { InputRule } from './input-rule';

const AMPERSAND: u8 = 0x26;
const EQUALS: u8 = 0x3d;

export class Outcome {
  finding: Finding | null = null;
  /** Parameters that something was taken out of. */
  stripped: i32 = 0;
  /** All parameters, when `stripped` is not 0. */
  text: Bytes = ABSENT;
}

/** @param place as a rule has it, and as findings call it */
export function cleanParameters(text: Bytes, rules: InputRule[], place: u32, called: string): Outcome {
  const outcome = new Outcome();
  const out = new BytesWriter();
  const query = new Query(text);
  let looks = false;
  for (let i = 0; i < rules.length; i++) if (rules[i].looksAt(place)) looks = true;
  if (!looks) return outcome;
  while (query.next()) {
    let name = query.name;
    let value = query.rawValue.exists ? query.value : name.slice(0, 0);
    let isChanged = false;
    if (!name.exists || !value.exists) {
      outcome.finding = new Finding(called, name, 'encoding');
      return outcome;
    }
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      if (!rule.looksAt(place)) continue;
      // What is text in a form, with its line ends, is none in a query.
      const isText = called == 'form';
      const inName = rule.find(name, false, true);
      const inValue = rule.find(value, isText, true);
      if (inName.length == 0 && inValue.length == 0) continue;
      if (!rule.strips) {
        outcome.finding = new Finding(called, name, inName.length > 0 ? inName : inValue);
        return outcome;
      }
      isChanged = true;
      if (inName.length > 0) name = rule.stripped(name, false);
      if (inValue.length > 0) value = rule.stripped(value, isText);
    }
    if (isChanged) outcome.stripped++;
    if (name.isEmpty && isChanged) continue;
    if (out.length > 0) out.byte(AMPERSAND);
    out.add(isChanged ? percentEncode(name) : query.rawName);
    if (query.rawValue.exists) out.byte(EQUALS).add(isChanged ? percentEncode(value) : query.rawValue);
  }
  outcome.text = out.bytes;
  return outcome;
}
