// The rule of the bench of `validate`: ajv over what `JSON.parse` makes of a body.
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { PAGE_SCHEMA } from '../../harness/documents.js';
import { isJson, parseJson, type Rule } from './rule.js';

const ajv = new Ajv2020();
formats.default(ajv);

export const validate = validateBy(PAGE_SCHEMA);

/** Holds bodies to a JSON Schema. */
export function validateBy(schema: object): Rule {
  const check = ajv.compile(schema);
  return {
    request({ headers, body }) {
      if (!isJson(headers['content-type'])) return 415;
      const value = parseJson(body);
      if (value === undefined) return 400;
      return check(value) ? null : 422;
    },
  };
}
