// Secrets of the operator. Needs the capability `secrets`.
import { EDIT_SECRET_HEADER } from '../abi/abi';
import { Bytes, bytesOf } from './bytes';
import { hostSecretFind, hostSecretRead } from './host';
import { addEdit } from './reply';

/** A secret that was granted to this filter: a handle, not the value. */
@final
export class Secret {
  private constructor(private readonly id: u32) {}

  /** In `configure` or at module level. A secret that was not granted fails the load. */
  static named<T>(name: T): Secret {
    const text = bytesOf(name);
    return new Secret(<u32>hostSecretFind(text.address, text.length));
  }

  /**
   * Sets a header of the request: the gateway puts the value behind `before` when the request leaves for the upstream.
   * Neither this filter nor a later one sees it. Request phase only.
   */
  setHeader<T>(name: T, before: string = ''): void {
    const text = Bytes.from(before);
    const at = __sluice_reserve(4 + text.length);
    store<u32>(at, this.id);
    memory.copy(at + 4, text.address, text.length);
    addEdit(EDIT_SECRET_HEADER, bytesOf(name), new Bytes(at, 4 + text.length));
  }

  /** The value, UTF-8. Traps unless the grant says `read: true`. */
  read(): Bytes {
    const length = hostSecretRead(this.id, 0, 0);
    const at = __sluice_reserve(length);
    hostSecretRead(this.id, at, length);
    return new Bytes(at, length);
  }
}
