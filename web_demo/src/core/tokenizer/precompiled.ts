import { toCodePoints } from "../code-points.ts";
import { ContentError } from "../edgekit-error.ts";
import type { Graphemes } from "./graphemes.ts";
import { Rewriting, type Normalized } from "./normalized.ts";
import { Utf8, utf8Size } from "./utf8.ts";

/** A cluster of fewer bytes is sought as a whole. */
const SHORT_BYTES = 6;
const LABEL = 0x800000ff | 0;
const LEAF = 0x100;
const VALUE = 0x7fffffff;
const UNIT_BYTES = 4;

/**
 * SentencePiece's table of replacements, as the tokenizers library applies it: by grapheme
 * clusters.
 */
export class Precompiled {
  private readonly trie: Int32Array;
  private readonly strings: Uint8Array;
  private readonly graphemes: Graphemes;

  /**
   * @param charsmap base64 of the size of a trie in bytes, the trie, and strings that end with a
   *   zero
   */
  constructor(charsmap: string, graphemes: Graphemes) {
    const content = fromBase64(charsmap);
    if (content.length < UNIT_BYTES) throw new ContentError("the charsmap is cut off");
    const view = new DataView(content.buffer);
    const size = view.getUint32(0, true);
    if (size < UNIT_BYTES || size > content.length - UNIT_BYTES) {
      throw new ContentError("the charsmap is cut off");
    }
    this.trie = Int32Array.from({ length: Math.floor(size / UNIT_BYTES) }, (_, unit) =>
      view.getInt32(UNIT_BYTES * (unit + 1), true),
    );
    this.strings = content.subarray(UNIT_BYTES + size);
    this.graphemes = graphemes;
  }

  normalize(text: Normalized): Normalized {
    const rows = new Rows();
    let start = 0;
    for (const end of [...this.graphemes.breaks(text.points), text.size]) {
      if (start < end) this.replace(text.points.subarray(start, end), rows);
      start = end;
    }
    return rows.applied(text);
  }

  private replace(cluster: Int32Array, rows: Rows): void {
    const size = cluster.reduce((sum, point) => sum + utf8Size(point), 0);
    const whole = size < SHORT_BYTES ? this.found(cluster) : null;
    if (whole !== null) {
      rows.add(cluster.length, whole);
      return;
    }
    for (const point of cluster) {
      const alone = Int32Array.of(point);
      rows.add(1, this.found(alone) ?? alone);
    }
  }

  /** The string of the shortest beginning of these code points that the trie knows. */
  private found(points: Int32Array): Int32Array | null {
    let place = offset(this.trie[0]);
    for (const byte of new Utf8(points).bytes) {
      place ^= byte;
      const unit = this.trie[place];
      if (byte === 0 || unit === undefined || (unit & LABEL) !== byte) return null;
      place ^= offset(unit);
      if (unit & LEAF) return this.string((this.trie[place] ?? 0) & VALUE);
    }
    return null;
  }

  private string(start: number): Int32Array | null {
    if (start >= this.strings.length) return null;
    const end = this.strings.indexOf(0, start);
    const bytes = this.strings.subarray(start, end < 0 ? this.strings.length : end);
    return toCodePoints(new TextDecoder().decode(bytes));
  }
}

/** New code points with what becomes of the old text at each (see {@link Rewriting.change}). */
class Rows {
  private readonly points: number[] = [];
  private readonly changes: number[] = [];

  /**
   * What is removed counts as removed behind the code point before, whichever that is: at the
   * beginning of a text it is not counted, and offsets are those of the library.
   */
  add(old: number, made: Int32Array): void {
    made.forEach((point, index) => {
      this.points.push(point);
      this.changes.push(index >= old ? 1 : 0);
    });
    const last = this.changes.length - 1;
    if (made.length < old && last >= 0) this.changes[last] += made.length - old;
  }

  applied(text: Normalized): Normalized {
    const rewriting = new Rewriting(text);
    this.points.forEach((point, place) => rewriting.change(point, this.changes[place]));
    return rewriting.done();
  }
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch (error) {
    throw new ContentError("the charsmap is not base64", { cause: error });
  }
}
