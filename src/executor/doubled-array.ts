// Numbers of groups side by side in typed arrays that double: a look at a group reads one line of the
// cache, where an array for each number would read as many.

/** A copy that is twice as long. */
export function doubledFloats(before: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(2 * before.length);
  grown.set(before);
  return grown;
}

/** The same of whole numbers. */
export function doubledInts(before: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * before.length);
  grown.set(before);
  return grown;
}
