// How `configure` says no.
import { DECISION_CONTINUE, DECISION_REFUSE, EDIT_MESSAGE } from '../abi/abi';
import { Bytes, bytesOf } from './bytes';
import { addEdit, closeReply, editCount } from './reply';
import { Json } from './json/json';

/**
 * Refuses the config; in `configure` only. The load fails and names the place. The first call counts.
 * What stands behind it runs all the same: write `return refuse(…)`.
 * @param pointer JSON Pointer into the config, such as `value.pointer`
 * @param reason what was expected
 */
export function refuse<T>(pointer: string, reason: T): void {
  if (editCount() == 0) addEdit(EDIT_MESSAGE, Bytes.from(pointer), bytesOf(reason));
}

/** The config of the instance; the host has checked it against the schema of the manifest. */
export function openConfig(address: usize, length: u32): Json {
  return Json.parse(new Bytes(address, length));
}

/** Keeps what `configure` allocated, unless it refused. Answers the address of the reply. */
export function closeConfig(): usize {
  if (editCount() > 0) return closeReply(DECISION_REFUSE, 0);
  __sluice_keep();
  return closeReply(DECISION_CONTINUE, 0);
}
