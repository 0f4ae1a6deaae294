// The rules of the job of `bench/harness/job.ts` in plain JavaScript, by path.
import { SAMPLE_SCHEMA } from '../../harness/sample.js';
import type { Rule } from './rule.js';
import { sanitiseBy } from './sanitise.js';
import { validateBy } from './validate.js';

/** The method that a path may be asked with. */
const ALLOWED = new Map([
  ['/policed', 'POST'],
  ['/filtered', 'POST'],
  ['/filtered-page', 'POST'],
  ['/read', 'GET'],
]);

const policy: Rule = {
  request({ method, path }) {
    const decoded = decode(path);
    return decoded !== null && ALLOWED.get(decoded) === method ? null : 403;
  },
};
const validate = validateBy(SAMPLE_SCHEMA);
const sanitise = sanitiseBy((user) => [user]);

const RULES = new Map<string, Rule>([
  ['/plain', {}],
  ['/policed', policy],
  ['/policed/forbidden', policy],
  ['/filtered', chain(policy, validate, sanitise)],
  ['/read', chain(policy, sanitise)],
]);
const UNDECLARED: Rule = { request: () => 404 };

export function jobRuleOf(path: string): Rule {
  return RULES.get(decode(path) ?? '') ?? UNDECLARED;
}

/** One after the other for requests; of responses, one of them knows what to do. */
function chain(...rules: readonly Rule[]): Rule {
  const ofRequests = rules.flatMap(({ request }) => request ?? []);
  const ofResponses = rules.find(({ response }) => response !== undefined)?.response;
  return {
    request(request) {
      for (const judge of ofRequests) {
        const refusal = judge(request);
        if (refusal !== null) return refusal;
      }
      return null;
    },
    ...(ofResponses === undefined ? {} : { response: ofResponses }),
  };
}

function decode(path: string): string | null {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
