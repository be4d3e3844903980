/** A piece of a text as places in its UTF-16 units, which is what a JavaScript string counts. */
export interface CharacterRange {
  readonly start: number;
  /** The first place behind the piece. */
  readonly end: number;
}

/** A text as Unicode code points, which is what offsets count. */
export class CodePoints {
  readonly text: string;
  readonly values: Int32Array;
  /** Of each code point, and of the text's end, its place in UTF-16 units. */
  private readonly units: Int32Array;

  constructor(text: string) {
    this.text = text;
    const values = new Int32Array(text.length);
    const units = new Int32Array(text.length + 1);
    let size = 0;
    for (let unit = 0; unit < text.length; size++) {
      const point = text.codePointAt(unit)!;
      values[size] = point;
      units[size] = unit;
      unit += point > 0xffff ? 2 : 1;
    }
    units[size] = text.length;
    this.values = values.subarray(0, size);
    this.units = units.subarray(0, size + 1);
  }

  get size(): number {
    return this.values.length;
  }

  /** The piece between two code points. */
  piece(start: number, end: number): string {
    return this.text.slice(this.units[start], this.units[end]);
  }

  /** The same piece as places in UTF-16 units. */
  characters(start: number, end: number): CharacterRange {
    return { start: this.units[start], end: this.units[end] };
  }
}

/** A text's code points; a surrogate without its other half is one, too. */
export function toCodePoints(text: string): Int32Array {
  return new CodePoints(text).values;
}
