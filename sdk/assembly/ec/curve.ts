// The curve P-256 (FIPS 186-5, SP 800-186 §3.2.1.3): sums of its points, in Jacobian coordinates, where x is X / Z² and y is Y / Z³.
// Coordinates are in Montgomery's form.
import { add, isLess, Montgomery, subtract } from '../montgomery';

/** Limbs of a number. */
export const SIZE = 8;

// Only with a filter that has a use for them: data of a module is kept, whoever reads it.
// @ts-ignore: decorator
@lazy const PRIME: StaticArray<u32> = [0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff];
/** Number of points. */
// @ts-ignore: decorator
@lazy const ORDER: StaticArray<u32> = [
  0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0, 0xffffffff,
];
// y² = x³ - 3x + b
// @ts-ignore: decorator
@lazy const B: StaticArray<u32> = [
  0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0, 0x769886bc, 0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8,
];
// @ts-ignore: decorator
@lazy const BASE_X: StaticArray<u32> = [
  0xd898c296, 0xf4a13945, 0x2deb33a0, 0x77037d81, 0x63a440f2, 0xf8bce6e5, 0xe12c4247, 0x6b17d1f2,
];
// @ts-ignore: decorator
@lazy const BASE_Y: StaticArray<u32> = [
  0x37bf51f5, 0xcbb64068, 0x6b315ece, 0x2bce3357, 0x7c0f9e16, 0x8ee7eb4a, 0xfe1a7f9b, 0x4fe342e2,
];

/** A point; with Z = 0 it is the one at infinity. */
@final
export class Point {
  readonly x: StaticArray<u32> = new StaticArray<u32>(SIZE);
  readonly y: StaticArray<u32> = new StaticArray<u32>(SIZE);
  readonly z: StaticArray<u32> = new StaticArray<u32>(SIZE);

  get isInfinite(): bool {
    return isZero(this.z);
  }

  copy(from: Point): void {
    copy(this.x, from.x);
    copy(this.y, from.y);
    copy(this.z, from.z);
  }
}

/** The curve, with what it calculates in: whoever makes one keeps it. */
@final
export class Curve {
  /** Coordinates are numbers modulo this prime. */
  readonly field: Montgomery = new Montgomery(PRIME);
  /** What a point is multiplied by is one modulo this. */
  readonly scalars: Montgomery = new Montgomery(ORDER);
  private readonly base: Point = new Point();
  private readonly b: StaticArray<u32> = new StaticArray<u32>(SIZE);
  private readonly one: StaticArray<u32> = new StaticArray<u32>(SIZE);
  private readonly s: StaticArray<u32>[] = [];

  constructor() {
    const field = this.field;
    this.one[0] = 1;
    field.enter(this.one, this.one);
    field.enter(this.b, B);
    field.enter(this.base.x, BASE_X);
    field.enter(this.base.y, BASE_Y);
    copy(this.base.z, this.one);
    for (let i = 0; i < 8; i++) this.s.push(new StaticArray<u32>(SIZE));
  }

  /** The point with these coordinates, as numbers; null when they are none of a point. */
  pointAt(x: StaticArray<u32>, y: StaticArray<u32>): Point | null {
    const field = this.field;
    if (!isLess(x, field.modulus) || !isLess(y, field.modulus)) return null;
    const point = new Point();
    field.enter(point.x, x);
    field.enter(point.y, y);
    copy(point.z, this.one);
    const left = new StaticArray<u32>(SIZE);
    const right = new StaticArray<u32>(SIZE);
    field.multiply(left, point.y, point.y);
    // (x² - 3) x + b
    field.multiply(right, point.x, point.x);
    for (let i = 0; i < 3; i++) this.less(right, right, this.one);
    field.multiply(right, right, point.x);
    this.sum(right, right, this.b);
    return isEqual(left, right) ? point : null;
  }

  /** u × base + v × point, by doubling once for each bit of both (Shamir's trick). */
  sumOfProducts(u: StaticArray<u32>, v: StaticArray<u32>, point: Point): Point {
    const both = new Point();
    both.copy(this.base);
    this.addTo(both, point);
    const sum = new Point();
    for (let bit = SIZE * 32 - 1; bit >= 0; bit--) {
      this.double(sum);
      const hasBase = bitAt(u, bit);
      const hasPoint = bitAt(v, bit);
      if (hasBase && hasPoint) this.addTo(sum, both);
      else if (hasBase) this.addTo(sum, this.base);
      else if (hasPoint) this.addTo(sum, point);
    }
    return sum;
  }

  /** Doubles a point (dbl-2001-b of the Explicit-Formulas Database). That at infinity stays there. */
  private double(point: Point): void {
    const field = this.field;
    const delta = this.s[0];
    const gamma = this.s[1];
    const beta = this.s[2];
    const alpha = this.s[3];
    const t = this.s[4];
    field.multiply(delta, point.z, point.z);
    field.multiply(gamma, point.y, point.y);
    field.multiply(beta, point.x, gamma);
    // 3 (X - delta) (X + delta)
    this.less(alpha, point.x, delta);
    this.sum(t, point.x, delta);
    field.multiply(t, alpha, t);
    this.sum(alpha, t, t);
    this.sum(alpha, alpha, t);
    // Z = (Y + Z)² - gamma - delta
    this.sum(t, point.y, point.z);
    field.multiply(t, t, t);
    this.less(t, t, gamma);
    this.less(point.z, t, delta);
    // X = alpha² - 8 beta
    this.sum(beta, beta, beta);
    this.sum(beta, beta, beta);
    field.multiply(t, alpha, alpha);
    this.less(t, t, beta);
    this.less(point.x, t, beta);
    // Y = alpha (4 beta - X) - 8 gamma²
    this.less(beta, beta, point.x);
    field.multiply(beta, alpha, beta);
    field.multiply(gamma, gamma, gamma);
    for (let i = 0; i < 3; i++) this.sum(gamma, gamma, gamma);
    this.less(point.y, beta, gamma);
  }

  /** Adds `other` to `point`, whichever two points they are. */
  private addTo(point: Point, other: Point): void {
    if (other.isInfinite) return;
    if (point.isInfinite) return point.copy(other);
    const field = this.field;
    const u1 = this.s[0];
    const s1 = this.s[1];
    const h = this.s[2];
    const r = this.s[3];
    const t = this.s[4];
    const hh = this.s[5];
    field.multiply(t, other.z, other.z);
    field.multiply(u1, point.x, t);
    field.multiply(t, t, other.z);
    field.multiply(s1, point.y, t);
    field.multiply(t, point.z, point.z);
    field.multiply(h, other.x, t);
    field.multiply(t, t, point.z);
    field.multiply(r, other.y, t);
    this.less(h, h, u1);
    this.less(r, r, s1);
    if (isZero(h)) {
      if (isZero(r)) this.double(point);
      else memory.fill(changetype<usize>(point.z), 0, SIZE << 2);
      return;
    }
    field.multiply(point.z, point.z, other.z);
    field.multiply(point.z, point.z, h);
    field.multiply(hh, h, h);
    field.multiply(h, h, hh);
    field.multiply(u1, u1, hh);
    // X = r² - h³ - 2 u1 h²
    field.multiply(t, r, r);
    this.less(t, t, h);
    this.less(t, t, u1);
    this.less(point.x, t, u1);
    // Y = r (u1 h² - X) - s1 h³
    this.less(u1, u1, point.x);
    field.multiply(u1, u1, r);
    field.multiply(s1, s1, h);
    this.less(point.y, u1, s1);
  }

  /** Puts a + b into `out`, which may be either. */
  private sum(out: StaticArray<u32>, a: StaticArray<u32>, b: StaticArray<u32>): void {
    const t = this.s[6];
    copy(t, a);
    const modulus = this.field.modulus;
    if (add(t, b) != 0 || !isLess(t, modulus)) subtract(t, modulus);
    copy(out, t);
  }

  /** Puts a - b into `out`, which may be either. */
  private less(out: StaticArray<u32>, a: StaticArray<u32>, b: StaticArray<u32>): void {
    const t = this.s[6];
    copy(t, a);
    if (subtract(t, b) != 0) add(t, this.field.modulus);
    copy(out, t);
  }
}

export function isZero(a: StaticArray<u32>): bool {
  for (let i = 0; i < SIZE; i++) if (unchecked(a[i]) != 0) return false;
  return true;
}

export function isEqual(a: StaticArray<u32>, b: StaticArray<u32>): bool {
  return memory.compare(changetype<usize>(a), changetype<usize>(b), SIZE << 2) == 0;
}

// @ts-ignore: decorator
@inline function copy(to: StaticArray<u32>, from: StaticArray<u32>): void {
  // To call the engine for 32 bytes costs more than to move them.
  const target = changetype<usize>(to);
  const source = changetype<usize>(from);
  for (let at: usize = 0; at < <usize>SIZE << 2; at += 8) store<u64>(target + at, load<u64>(source + at));
}

function bitAt(number: StaticArray<u32>, bit: i32): bool {
  return ((unchecked(number[bit >> 5]) >> (bit & 31)) & 1) != 0;
}
