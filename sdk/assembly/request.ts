// The request of an exchange as a filter sees it, in both phases.
import {
  EDIT_SET_BODY,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  FLAG_BODY,
  FLAG_FOLLOWS,
  FRAME_AUTHORITY,
  FRAME_BODY,
  FRAME_CLIENT,
  FRAME_CONTEXT,
  FRAME_FLAGS,
  FRAME_ID,
  FRAME_METHOD,
  FRAME_PARAMS,
  FRAME_PATH,
  FRAME_QUERY,
  FRAME_REQUEST_HEADERS,
  FRAME_ROUTE,
  FRAME_SCHEME,
  PHASE_REQUEST,
} from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { Certificate } from './certificate';
import { passBody } from './chunk';
import { frameByte, framePhase, frameSpan, tableGet, tableName, tableSize, tableValue } from './frame';
import { Headers } from './headers';
import { Query } from './query';
import { addEdit, setContext } from './reply';

// Made only in filters that ask for them.
// @ts-ignore: decorator
@lazy const HEADERS = new Headers(FRAME_REQUEST_HEADERS, PHASE_REQUEST);
// @ts-ignore: decorator
@lazy const PARAMS = new Params();
// @ts-ignore: decorator
@lazy const CERTIFICATE = new Certificate();

/** One object serves every call: it holds no data, it reads the frame of the current one. */
@final
export class Request {
  /** Headers of the request. They change in the request phase only. */
  get headers(): Headers {
    return HEADERS;
  }

  /** Parameters of the path. */
  get params(): Params {
    return PARAMS;
  }

  /** As sent, case-sensitive: `GET`. */
  get method(): Bytes {
    return frameSpan(FRAME_METHOD);
  }

  /** `http` or `https`. */
  get scheme(): Bytes {
    return frameSpan(FRAME_SCHEME);
  }

  /** Host the client asked for, lower case, with its port if it gave one. */
  get authority(): Bytes {
    return frameSpan(FRAME_AUTHORITY);
  }

  /** Normalised path, still percent-encoded. */
  get path(): Bytes {
    return frameSpan(FRAME_PATH);
  }

  /** Query without `?`, as sent. */
  get query(): Bytes {
    return frameSpan(FRAME_QUERY);
  }

  /** The query, parameter by parameter. */
  get parameters(): Query {
    return new Query(frameSpan(FRAME_QUERY));
  }

  /** First query parameter of this name, both percent-decoded; `exists` is false when there is none. */
  parameter(name: string): Bytes {
    return new Query(frameSpan(FRAME_QUERY)).get(name);
  }

  /** Address of the client in text. */
  get client(): Bytes {
    return frameSpan(FRAME_CLIENT);
  }

  /** The certificate of the client, which the listener has verified; `exists` is false when it has shown none. */
  get certificate(): Certificate {
    return CERTIFICATE;
  }

  /** Id of the request, as in the log line and in `x-request-id`. */
  get id(): Bytes {
    return frameSpan(FRAME_ID);
  }

  /** Id of the route that matched. */
  get route(): Bytes {
    return frameSpan(FRAME_ROUTE);
  }

  /** Request phase: the whole body when the manifest says `buffer` and one came; else `exists` is false. */
  get body(): Bytes {
    return framePhase() == PHASE_REQUEST && (frameByte(FRAME_FLAGS) & FLAG_BODY) ? frameSpan(FRAME_BODY) : ABSENT;
  }

  /** In `onRequest` of a filter whose manifest says `stream`: there is a body, and `onRequestBody` is to see it. */
  get bodyFollows(): bool {
    return framePhase() == PHASE_REQUEST && (frameByte(FRAME_FLAGS) & FLAG_FOLLOWS) != 0;
  }

  /** In `onRequest`: lets the body that follows pass without this filter. */
  passBody(): void {
    passBody();
  }

  /** Response phase: what the request phase of this filter kept for this exchange. */
  get context(): Bytes {
    return frameSpan(FRAME_CONTEXT);
  }

  /** Request phase: keeps up to 64 KiB for the response phase of this filter and exchange. The last call counts. */
  keep<T>(context: T): void {
    mustBeOpen();
    setContext(bytesOf(context));
  }

  /** Rewrites the path that goes upstream; percent-encoded, beginning with `/`. */
  setPath<T>(path: T): void {
    mustBeOpen();
    addEdit(EDIT_SET_PATH, ABSENT, bytesOf(path));
  }

  /** Rewrites the query that goes upstream, without `?`; empty removes it. */
  setQuery<T>(query: T): void {
    mustBeOpen();
    addEdit(EDIT_SET_QUERY, ABSENT, bytesOf(query));
  }

  /** Replaces the body. Only a filter that asked for it may. */
  setBody<T>(body: T): void {
    mustBeOpen();
    addEdit(EDIT_SET_BODY, ABSENT, bytesOf(body));
  }
}

/** The parameters of the route's path pattern, percent-decoded. */
@final
export class Params {
  /** Number of parameters. */
  get size(): i32 {
    return tableSize(FRAME_PARAMS);
  }

  /** Name of the parameter at `index`, without the colon. Traps outside of 0 to `size` - 1. */
  nameAt(index: i32): Bytes {
    return tableName(FRAME_PARAMS, index);
  }

  /** Value of the parameter at `index`. Traps likewise. */
  valueAt(index: i32): Bytes {
    return tableValue(FRAME_PARAMS, index);
  }

  /** Value of `:name`; `exists` is false when the route has no such parameter. */
  get(name: string): Bytes {
    return tableGet(FRAME_PARAMS, name);
  }
}

function mustBeOpen(): void {
  if (framePhase() != PHASE_REQUEST) throw new Error('the request cannot change in the response phase');
}
