// The curve P-256 in plain affine coordinates, to make keys and signatures that no key pair comes to. Null is the point at infinity.

export type Point = readonly [x: bigint, y: bigint];

/** The prime that coordinates are modulo. */
export const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
/** Number of points. */
export const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
export const BASE: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
];

function modulo(number: bigint): bigint {
  return ((number % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

/** By Euclid. */
export function inverse(number: bigint, modulus: bigint): bigint {
  let [a, b, u, v] = [((number % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (a !== 0n) [a, b, u, v] = [b % a, a, v - (b / a) * u, u];
  return ((v % modulus) + modulus) % modulus;
}

function slope([x1, y1]: Point, [x2, y2]: Point): bigint {
  return x1 === x2
    ? modulo((3n * x1 * x1 - 3n) * inverse(2n * y1, P))
    : modulo((y2 - y1) * inverse(x2 - x1, P));
}

export function sum(one: Point | null, other: Point | null): Point | null {
  if (one === null) return other;
  if (other === null) return one;
  if (one[0] === other[0] && one[1] !== other[1]) return null;
  const m = slope(one, other);
  const x = modulo(m * m - one[0] - other[0]);
  return [x, modulo(m * (one[0] - x) - one[1])];
}

export function negate(point: Point | null): Point | null {
  return point === null ? null : [point[0], modulo(-point[1])];
}

export function multiply(point: Point | null, times: bigint): Point | null {
  let result: Point | null = null;
  for (let double = point, rest = times; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = sum(result, double);
    double = sum(double, double);
  }
  return result;
}

/** A point with this x; null when there is none. */
export function pointOver(x: bigint): Point | null {
  const square = modulo(x * x * x - 3n * x + B);
  // The prime is 3 modulo 4.
  const y = power(square, (P + 1n) / 4n);
  return modulo(y * y) === square ? [x, y] : null;
}
