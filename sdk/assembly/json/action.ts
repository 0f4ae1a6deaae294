// What a rule of an editor does with the values that it selects.
import { ABSENT, Bytes } from '../bytes';
import { scanDocument } from './scanner';

export enum ActionKind {
  Keep,
  Ask,
  Remove,
  Replace,
  Mask,
}

/** Made in `configure`, by one of the functions below; one action may serve many rules. */
@final
export class JsonAction {
  /** @internal */
  constructor(
    /** @internal */
    readonly kind: ActionKind,
    /** @internal What stands in place of the value. */
    readonly json: Bytes,
    /** @internal Tag of a question, or characters that a mask keeps. */
    readonly number: i32,
  ) {}

  /** Lets the value be: for exceptions, which come before the rule that they are from. */
  static keep(): JsonAction {
    return new JsonAction(ActionKind.Keep, ABSENT, 0);
  }

  /**
   * Has `JsonEditor.next()` stop at the value, so that the filter decides.
   * @param tag what `editor.tag` says there
   */
  static ask(tag: i32 = 0): JsonAction {
    return new JsonAction(ActionKind.Ask, ABSENT, tag);
  }

  /** Takes the member or item out; `null` takes the place of a whole document. */
  static remove(): JsonAction {
    return new JsonAction(ActionKind.Remove, ABSENT, 0);
  }

  /** Puts one JSON value in place of the value, whatever its type. Traps when `json` is none. */
  static replace(json: Bytes): JsonAction {
    return new JsonAction(ActionKind.Replace, oneValue(json), 0);
  }

  /** Masks strings and numbers, as `JsonEditor.mask` does. */
  static mask(keepLast: i32 = 0): JsonAction {
    return new JsonAction(ActionKind.Mask, ABSENT, keepLast);
  }
}

/** `json` again; traps unless it is one JSON value. */
export function oneValue(json: Bytes): Bytes {
  if (scanDocument(json.address, json.address + json.length) == 0) throw new Error('a replacement must be one JSON value');
  return json;
}
