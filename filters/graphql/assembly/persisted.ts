// Operations that are known beforehand, by the SHA-256 of their text.
import { ABSENT, Bytes, hexEncode, Json, NameSet, sha256 } from 'sluice';

/** No text is known for the hash. Others have the place of theirs, from 1. */
const NO_DOCUMENT: i32 = 0;

/** Read in `configure`. */
@final
export class Persisted {
  /** There is a list: only then requests may name hashes. */
  exist: bool = false;
  /** Nothing else may run. */
  only: bool = true;
  private readonly hashes: NameSet = new NameSet();
  private readonly documents: Bytes[] = [];

  read(json: Json): void {
    this.exist = json.exists;
    this.only = json.get('only').bool(true);
    for (let item = json.get('operations').first(); item.exists; item = item.next()) {
      this.documents.push(item.bytes);
      this.hashes.add(hashOf(item.bytes), this.documents.length);
    }
    for (let item = json.get('hashes').first(); item.exists; item = item.next()) {
      this.hashes.add(item.bytes.toLowerCase(), NO_DOCUMENT);
    }
    // Says at load that the capability is missing.
    if (this.exist) hashOf(ABSENT);
  }

  has(hash: Bytes): bool {
    return this.hashes.has(hash);
  }

  /** Text of the operation; absent when only its hash is known, or not even that. */
  documentOf(hash: Bytes): Bytes {
    const place = this.hashes.get(hash);
    return place > NO_DOCUMENT ? this.documents[place - 1] : ABSENT;
  }
}

/** SHA-256 of a text, in hex as the field writes it. */
export function hashOf(text: Bytes): Bytes {
  return hexEncode(sha256(text));
}
