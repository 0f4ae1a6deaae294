// Pseudonyms: codes of values under a secret of the operator, which this filter never sees.
import { Bytes, hexEncode, Json, JsonValueAtHand, refuse, Secret } from 'sluice';

export class Pseudonyms {
  private secret: Secret | null = null;

  /** Reads `hashSecret`; in `configure`, before the rules. Fails the load when the secret or `crypto` is not granted. */
  read(name: Json): void {
    if (!name.exists) return;
    const secret = Secret.named(name.bytes);
    // A grant that does not say `sign` shows here and not at the first response.
    secret.hmacSha256(name.bytes);
    this.secret = secret;
  }

  /** To be asked in `configure` by a rule that will want one. */
  mustBeThere(rule: Json): void {
    if (this.secret == null) refuse(rule.pointer, 'hash needs the name of a granted secret in hashSecret');
  }

  /** Puts one in place of the value at which an editor stopped: of the content of a string, of the text of anything else. */
  replace(hand: JsonValueAtHand): void {
    const value = hand.value;
    if (value.exists) hand.replaceText(this.of(value.isString ? value.bytes : value.raw));
  }

  /** 64 hex digits: the same for the same value, as long as the secret is the same. */
  of(value: Bytes): Bytes {
    return hexEncode(this.secret!.hmacSha256(value));
  }
}
