// What filter authors import from 'sluice'. sdk/README.md shows how.
export { Bytes, ABSENT } from './bytes';
export { refuse } from './config';
export { Answer, Decision, next, problemDocument, respond } from './decision';
export { isFieldValue, isFramingHeader, isToken } from './framing';
export { Headers } from './headers';
export { hasUniqueNames } from './json/duplicates';
export { Json, JsonType, parseProblem } from './json/json';
export { NameSet } from './json/name-set';
export { PathSet } from './json/path-set';
export { Redaction, Redactor } from './json/redactor';
export { JsonWriter } from './json/writer';
export { log } from './log';
export { isJsonMediaType, mediaParameter, mediaType } from './media-type';
export { percentDecode } from './percent';
export { Query } from './query';
export { Params, Request } from './request';
export { Response } from './response';
export { Schema, Verdict } from './schema';
