// Requests to upstreams of the gateway. Needs the capability `callouts`. A callout is a decision: the call ends with it,
// and `onCallout` goes on with its outcome, maybe in another worker. Between the two only the state is kept.
import {
  CALLOUT_DONE,
  CALLOUT_TIMEOUT,
  CALLOUT_TOO_LARGE,
  DECISION_CALLOUT,
  EDIT_ADD_HEADER,
  EDIT_CALLOUT,
  EDIT_SET_BODY,
  EDIT_SET_HEADER,
  EDIT_SET_PATH,
  EDIT_SET_QUERY,
  OUTCOME_BODY,
  OUTCOME_FAILURE,
  OUTCOME_HEADERS,
  OUTCOME_LEFT,
  OUTCOME_STATE,
  OUTCOME_STATUS,
  TABLE_ENTRY,
} from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { beginCallout, Decision } from './decision';
import { hostCalloutUpstream } from './host';
import { addEdit, setContext } from './reply';

const DEFAULT_TIMEOUT_MS: u32 = 1000;

/** An upstream of the configuration that was granted to this filter. */
@final
export class Upstream {
  private constructor(private readonly id: u32) {}

  /** In `configure` or at module level. An upstream that was not granted fails the load. */
  static named<T>(name: T): Upstream {
    const text = bytesOf(name);
    return new Upstream(<u32>hostCalloutUpstream(text.address, text.length));
  }

  /**
   * A request to it. Return what this answers; edits made before are dropped, make them in `onCallout`.
   * @param target path, and after `?` the query; text or `Bytes`
   */
  call<T>(method: string, target: T): Callout {
    beginCallout();
    const where = bytesOf(target);
    const facts = __sluice_reserve(8);
    store<u32>(facts, this.id);
    store<u32>(facts + 4, DEFAULT_TIMEOUT_MS);
    addEdit(EDIT_CALLOUT, Bytes.from(method), new Bytes(facts, 8));
    const question = where.indexOfByte(0x3f);
    addEdit(EDIT_SET_PATH, ABSENT, question < 0 ? where : where.slice(0, question));
    if (question >= 0) addEdit(EDIT_SET_QUERY, ABSENT, where.slice(question + 1));
    CALLOUT.facts = facts;
    return CALLOUT;
  }
}

/** A callout in the making. Every method returns it again, so that calls can be chained. */
@final
export class Callout extends Decision {
  /** @internal Address of upstream id and timeout. */
  facts: usize = 0;

  /** Sets a header; `value` is text, `Bytes` or an integer. */
  header<T>(name: string, value: T): Callout {
    addEdit(EDIT_SET_HEADER, Bytes.from(name), bytesOf(value));
    return this;
  }

  /** Adds a header beside others of the same name. */
  addHeader<T>(name: string, value: T): Callout {
    addEdit(EDIT_ADD_HEADER, Bytes.from(name), bytesOf(value));
    return this;
  }

  /** Sets the body as it is. */
  body<T>(value: T): Callout {
    addEdit(EDIT_SET_BODY, ABSENT, bytesOf(value));
    return this;
  }

  /** The longest time it may take in all, 1 to 60,000 milliseconds. Default 1000. */
  timeout(ms: u32): Callout {
    store<u32>(this.facts + 4, ms);
    return this;
  }

  /** What `onCallout` gets back as `outcome.state`; at most 64 KiB. */
  state<T>(value: T): Callout {
    setContext(bytesOf(value));
    return this;
  }
}

// @ts-ignore: decorator
@lazy const CALLOUT = new Callout(DECISION_CALLOUT);

/** What a callout came to. One object serves every call: it reads the outcome of the current one. */
@final
export class Outcome {
  private at: usize = 0;

  /** @internal Makes `address` the outcome of the current call. */
  open(address: usize): Outcome {
    this.at = address;
    return this;
  }

  /** True when a whole response came, whatever its status. */
  get isDone(): bool {
    return load<u32>(this.at + OUTCOME_FAILURE) == CALLOUT_DONE;
  }

  /** It took longer than its timeout. */
  get isTimeout(): bool {
    return load<u32>(this.at + OUTCOME_FAILURE) == CALLOUT_TIMEOUT;
  }

  /** The body of the response was larger than 256 KiB. */
  get isTooLarge(): bool {
    return load<u32>(this.at + OUTCOME_FAILURE) == CALLOUT_TOO_LARGE;
  }

  /** Callouts that this filter may still ask for in this phase. */
  get calloutsLeft(): i32 {
    return load<u32>(this.at + OUTCOME_LEFT);
  }

  /** Status of the response; 0 when none came. */
  get status(): i32 {
    return load<u32>(this.at + OUTCOME_STATUS);
  }

  /** First value of the response header `name` (lower case); `exists` is false when there is none. */
  header(name: string): Bytes {
    const size = load<i32>(this.at + OUTCOME_HEADERS + 4);
    let entry = this.at + load<u32>(this.at + OUTCOME_HEADERS);
    for (let i = 0; i < size; i++, entry += TABLE_ENTRY) {
      if (this.spanAt(entry).equals(name)) return this.spanAt(entry + 8);
    }
    return ABSENT;
  }

  /** Body of the response; empty when there is none. */
  get body(): Bytes {
    return this.spanAt(this.at + OUTCOME_BODY);
  }

  /** What the callout kept; empty when nothing. */
  get state(): Bytes {
    return this.spanAt(this.at + OUTCOME_STATE);
  }

  private spanAt(at: usize): Bytes {
    return new Bytes(this.at + load<u32>(at), load<i32>(at + 4));
  }
}
