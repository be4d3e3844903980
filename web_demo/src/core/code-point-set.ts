/** A set of code points. */
export class CodePointSet {
  private readonly ranges: Int32Array;

  /**
   * @param ranges first and last code point of each range, one after the other, ascending
   */
  constructor(ranges: Int32Array) {
    this.ranges = ranges;
  }

  has(point: number): boolean {
    const place = lowerBound(this.ranges, point);
    // Where it stands between two entries, an odd number of them before it is inside a range.
    return this.ranges[place] === point || place % 2 === 1;
  }
}

/** The first place of an ascending array whose value is at least the wanted one. */
export function lowerBound(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
