// Secrets of the operator. Needs the capability `secrets`.
import { EDIT_SECRET_HEADER, MAX_HASH_BYTES, SHA256_BYTES } from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { hostHmacSha256Secret, hostSecretFind, hostSecretRead } from './host';
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

  /**
   * The HMAC-SHA-256 code of `data` under the value, 32 bytes, without the value ever being here. Needs the capability
   * `crypto` as well; traps unless the grant says `sign: true` or `read: true`. Absent `data` counts as empty; the answer
   * is absent when it has more than 8 MiB (`MAX_HASH_BYTES`). Compare codes with `equalsConstantTime`.
   */
  hmacSha256(data: Bytes): Bytes {
    if (data.length > MAX_HASH_BYTES) return ABSENT;
    const at = __sluice_reserve(SHA256_BYTES);
    hostHmacSha256Secret(this.id, data.address, data.length, at);
    return new Bytes(at, SHA256_BYTES);
  }

  /** The value, UTF-8. Traps unless the grant says `read: true`. */
  read(): Bytes {
    const length = hostSecretRead(this.id, 0, 0);
    const at = __sluice_reserve(length);
    hostSecretRead(this.id, at, length);
    return new Bytes(at, length);
  }
}
