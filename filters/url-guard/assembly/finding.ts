// What is wrong with a request, and where: names and pointers of the client, never values.
import { ABSENT, Bytes } from 'sluice';

export enum Reason {
  None = 0,
  Missing,
  Repeated,
  Ambiguous,
  NotString,
  Invalid,
  NotAllowed,
  Spelling,
  TooMany,
  ContentType,
  NotJson,
}

/** Number of reasons, `None` included. */
export const REASONS = 11;

/** The place a finding is in, as the config calls it. */
export enum Place {
  Query = 0,
  Header,
  Form,
  Json,
}

/** Most bytes of a name or pointer that are shown. */
const MOST_SHOWN = 256;

export class Finding {
  readonly field: Bytes;

  /** @param field name or pointer; empty when it is about the whole body */
  constructor(
    readonly reason: Reason,
    readonly place: Place,
    field: Bytes = ABSENT,
  ) {
    this.field = field.slice(0, MOST_SHOWN);
  }

  get placeName(): string {
    switch (this.place) {
      case Place.Query:
        return 'query';
      case Place.Header:
        return 'header';
      case Place.Form:
        return 'form';
      default:
        return 'json';
    }
  }
}

/** For programs, in metrics and in the log. */
export function reasonCode(reason: Reason): string {
  switch (reason) {
    case Reason.Missing:
      return 'URL_GUARD_MISSING';
    case Reason.Repeated:
      return 'URL_GUARD_REPEATED';
    case Reason.Ambiguous:
      return 'URL_GUARD_AMBIGUOUS';
    case Reason.NotString:
      return 'URL_GUARD_NOT_STRING';
    case Reason.Invalid:
      return 'URL_GUARD_INVALID';
    case Reason.NotAllowed:
      return 'URL_GUARD_NOT_ALLOWED';
    case Reason.Spelling:
      return 'URL_GUARD_SPELLING';
    case Reason.TooMany:
      return 'URL_GUARD_TOO_MANY';
    case Reason.ContentType:
      return 'URL_GUARD_CONTENT_TYPE';
    default:
      return 'URL_GUARD_NOT_JSON';
  }
}

/** For clients. */
export function reasonText(reason: Reason): string {
  switch (reason) {
    case Reason.Missing:
      return 'A URL that is required is missing.';
    case Reason.Repeated:
      return 'A field that holds a URL is there more than once.';
    case Reason.Ambiguous:
      return 'A name could be taken for that of a field that holds a URL.';
    case Reason.NotString:
      return 'A field that holds a URL has another type than string.';
    case Reason.Invalid:
      return 'A field holds something else than one absolute URL.';
    case Reason.NotAllowed:
      return 'A URL leads to a place that is not allowed.';
    case Reason.Spelling:
      return 'A URL is spelled in a way that others could read differently.';
    case Reason.TooMany:
      return 'There are too many fields or URLs to look at.';
    case Reason.ContentType:
      return 'The content type or the encoding of the request is not accepted.';
    default:
      return 'The request body is not JSON.';
  }
}
