/** Bytes of a code point's UTF-8. */
export function utf8Size(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

const LEADS = [0, 0, 0xc0, 0xe0, 0xf0];

/** Code points as the bytes of their UTF-8; half a surrogate pair has three, too. */
export class Utf8 {
  /** Of all code points, one after the other. */
  readonly bytes: Uint8Array;
  /** Where the bytes of each code point begin, and where the last one's end. */
  readonly places: Int32Array;

  constructor(points: Int32Array) {
    this.places = new Int32Array(points.length + 1);
    for (let index = 0; index < points.length; index++) {
      this.places[index + 1] = this.places[index] + utf8Size(points[index]);
    }
    this.bytes = new Uint8Array(this.places[points.length]);
    for (let index = 0; index < points.length; index++) this.write(index, points[index]);
  }

  private write(index: number, point: number): void {
    const start = this.places[index];
    const end = this.places[index + 1];
    let rest = point;
    for (let place = end - 1; place > start; place--) {
      this.bytes[place] = 0x80 | (rest & 0x3f);
      rest >>= 6;
    }
    this.bytes[start] = LEADS[end - start] | rest;
  }
}
