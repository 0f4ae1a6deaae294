// Regular expressions of specifications: many were written for another engine, and a schema whose pattern the engine
// does not take would refuse the whole configuration.
import { compileTextMatcher } from '../../wasm/patterns/text-matcher.js';

/** What `repairPattern` takes, for findings about what it does not. */
export const PATTERN_EXPECTED =
  'a regular expression of ECMAScript that an automaton can judge, without back-references and looking around';

/** What a backslash may stand before in the Unicode mode of ECMAScript, beside letters and digits. */
const SYNTAX = '^$\\.*+?()[]{}|/';

/**
 * The pattern as the gateway's engine takes it (ECMAScript with the flag `u`, and regular), or null when it takes it in no way.
 * Backslashes that stand before ordinary characters, which Unicode mode refuses, are left out.
 */
export function repairPattern(pattern: string): string | null {
  if (isPattern(pattern)) return pattern;
  // Without the mode the engine must take it, or leaving out a backslash would be a guess.
  try {
    new RegExp(pattern);
  } catch {
    return null;
  }
  const repaired = withoutIdleEscapes(pattern);
  return isPattern(repaired) ? repaired : null;
}

/** True when the gateway judges by this pattern: ECMAScript with the flag `u`, of which an automaton can be made. */
export function isPattern(pattern: string): boolean {
  try {
    compileTextMatcher(pattern);
    return true;
  } catch {
    return false;
  }
}

function withoutIdleEscapes(pattern: string): string {
  let repaired = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern[i]!;
    const next = pattern[i + 1];
    if (character === '\\' && next !== undefined) {
      const isIdle = !/[A-Za-z0-9]/.test(next) && !SYNTAX.includes(next) && !(inClass && next === '-');
      repaired += isIdle ? next : character + next;
      i += 1;
      continue;
    }
    if (character === '[') inClass = true;
    if (character === ']') inClass = false;
    // `[\w-.]`: after a class of characters a hyphen is one of them, which Unicode mode wants to see said.
    const isLooseHyphen =
      inClass &&
      character === '-' &&
      (/\\[dDsSwW]$/.test(repaired) || /^\\[dDsSwW]/.test(pattern.slice(i + 1)));
    repaired += isLooseHyphen ? '\\-' : character;
  }
  return repaired;
}
