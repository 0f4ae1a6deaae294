// Signatures by keys on the curve P-256 (ECDSA, FIPS 186-5 §6.4.2), checked in the filter.
import { Bytes } from '../bytes';
import { base64UrlDecode, Padding } from '../codec/base64';
import { sha256 } from '../hash';
import { add, isLess, limbsOf, subtract } from '../montgomery';
import { Curve, isEqual, isZero, Point, SIZE } from './curve';

const NUMBER_BYTES = 32;

/** The public key of a pair on the curve P-256, such as signs the tokens (JWT, ES256) of an identity provider. */
@final
export class EcPublicKey {
  private constructor(
    private readonly curve: Curve,
    private readonly point: Point,
  ) {}

  /**
   * The key whose `x` and `y` a JSON Web Key with `"crv": "P-256"` (RFC 7518 §6.2) has. Null when they are not base64url of 32
   * bytes each, or none of a point of the curve. Make it in `configure`.
   */
  static fromJwk(x: Bytes, y: Bytes): EcPublicKey | null {
    const left = base64UrlDecode(x, Padding.Forbidden);
    const right = base64UrlDecode(y, Padding.Forbidden);
    if (left.length != NUMBER_BYTES || right.length != NUMBER_BYTES) return null;
    const curve = new Curve();
    const point = curve.pointAt(limbsOf(left, SIZE), limbsOf(right, SIZE));
    return point == null ? null : new EcPublicKey(curve, point);
  }

  /**
   * Whether `signature`, its two numbers of 32 bytes one behind the other (RFC 7518 §3.4), is one of `data` by this key, with
   * SHA-256: `ES256` of JSON Web Tokens. Needs the capability `crypto`. False for what is absent.
   */
  verifySha256(data: Bytes, signature: Bytes): bool {
    if (signature.length != 2 * NUMBER_BYTES || !data.exists) return false;
    const digest = sha256(data);
    if (!digest.exists) return false;
    const scalars = this.curve.scalars;
    const order = scalars.modulus;
    const r = limbsOf(signature.slice(0, NUMBER_BYTES), SIZE);
    const s = limbsOf(signature.slice(NUMBER_BYTES), SIZE);
    if (isZero(r) || isZero(s) || !isLess(r, order) || !isLess(s, order)) return false;
    const e = limbsOf(digest, SIZE);
    if (!isLess(e, order)) subtract(e, order);
    const inverse = this.inverseOf(s);
    scalars.multiply(e, e, inverse);
    const v = new StaticArray<u32>(SIZE);
    scalars.multiply(v, r, inverse);
    return this.hasX(this.curve.sumOfProducts(e, v, this.point), r);
  }

  /** 1 / s modulo the order, in Montgomery's form: s to the power of the order less 2 (Fermat). */
  private inverseOf(s: StaticArray<u32>): StaticArray<u32> {
    const scalars = this.curve.scalars;
    const exponent = new StaticArray<u32>(SIZE);
    const two = new StaticArray<u32>(SIZE);
    two[0] = 2;
    add(exponent, scalars.modulus);
    subtract(exponent, two);
    const base = new StaticArray<u32>(SIZE);
    scalars.enter(base, s);
    const power = base.slice<StaticArray<u32>>();
    for (let bit = SIZE * 32 - 2; bit >= 0; bit--) {
      scalars.multiply(power, power, power);
      if ((exponent[bit >> 5] >> (bit & 31)) & 1) scalars.multiply(power, power, base);
    }
    return power;
  }

  /** Whether x of the point, modulo the order, is `r`; it may be `r` and the order together. Nothing is divided: x is X / Z². */
  private hasX(point: Point, r: StaticArray<u32>): bool {
    if (point.isInfinite) return false;
    const field = this.curve.field;
    const zz = new StaticArray<u32>(SIZE);
    field.multiply(zz, point.z, point.z);
    const x = new StaticArray<u32>(SIZE);
    const candidate = r.slice<StaticArray<u32>>();
    do {
      field.enter(x, candidate);
      field.multiply(x, x, zz);
      if (isEqual(x, point.x)) return true;
    } while (add(candidate, this.curve.scalars.modulus) == 0 && isLess(candidate, field.modulus));
    return false;
  }
}
