// Where a string of JSON may end, for the two walks over documents: that of the SDK in a guest, and that of the host, which holds
// a document to a schema.

/** A bit for each of the 16 bytes at `at` that ends a string or needs a look. */
// @ts-ignore: decorator
@inline export function stops(at: usize): i32 {
  const block = v128.load(at);
  // Signed: control characters and bytes beyond ASCII are both less than a space.
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.lt_s(block, i8x16.splat(0x20)),
    ),
  );
}
