import { ContentError } from "../edgekit-error.ts";

const MAGIC = "EKVOCAB1";
const HEAD_BYTES = 24;
const HAS_SCORES = 1;

/** Where an id is asked for and there is none. */
export const NONE = -1;

/** What a row of {@link Vocabulary.merges} has: left id, right id, rank and merged id. */
export const MERGE_COLUMNS = 4;

/** A model's vocabulary as vocabulary.bin has it: arrays that are read at once, and no tree. */
export class Vocabulary {
  /** Of each merge left id, right id, rank and merged id, ascending by the first two. */
  readonly merges: Uint32Array;
  /** By id; null where the model has none. */
  readonly scores: Float64Array | null;
  /** Where each entry begins in the text, by id, and where the last one ends. */
  private readonly starts: Uint32Array;
  /** Ids in the order of their bytes. */
  private readonly order: Uint32Array;
  private readonly text: Uint8Array;
  /** Where the entries begin in the order that begin with each byte. */
  private readonly firstBytes: Int32Array;

  private constructor(parts: Parts) {
    this.starts = parts.starts;
    this.order = parts.order;
    this.merges = parts.merges;
    this.scores = parts.scores;
    this.text = parts.text;
    this.firstBytes = Int32Array.from({ length: 257 }, (_, byte) =>
      this.bound(0, this.size, 0, byte),
    );
  }

  /**
   * Reads vocabulary.bin (docs/tokenizers.md).
   *
   * @throws ContentError it is no such file
   */
  static parse(content: Uint8Array): Vocabulary {
    const parts = partsOf(content);
    check(parts);
    return new Vocabulary(parts);
  }

  get size(): number {
    return this.order.length;
  }

  /** The entry of an id, as it stands there; empty where no entry has the id. */
  token(id: number): string {
    if (id < 0 || id >= this.size) return "";
    return new TextDecoder().decode(this.text.subarray(this.starts[id], this.starts[id + 1]));
  }

  /** The id of an entry by its bytes, or {@link NONE}. */
  id(bytes: Uint8Array): number {
    const prefix = new Prefix(this);
    return bytes.length > 0 && bytes.every((byte) => prefix.take(byte)) ? prefix.id : NONE;
  }

  /**
   * The entries, as places of the order, that go on with a byte.
   *
   * @param depth of the byte in the entries, which have the same ones before it
   */
  narrowed(low: number, high: number, depth: number, byte: number): [low: number, high: number] {
    if (depth === 0) return [this.firstBytes[byte], this.firstBytes[byte + 1]];
    const from = this.bound(low, high, depth, byte);
    return [from, this.bound(from, high, depth, byte + 1)];
  }

  /** The id at a place of the order if its entry has so many bytes, or {@link NONE}. */
  idAt(place: number, length: number): number {
    const id = this.order[place];
    return this.starts[id + 1] - this.starts[id] === length ? id : NONE;
  }

  /** The first place of the order, of those given, whose byte is at least the wanted one. */
  private bound(from: number, until: number, depth: number, wanted: number): number {
    let low = from;
    let high = until;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.byteAt(this.order[middle], depth) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private byteAt(id: number, depth: number): number {
    const place = this.starts[id] + depth;
    return place < this.starts[id + 1] ? this.text[place] : NONE;
  }
}

/** The entries of a vocabulary that begin with the bytes that were taken so far. */
export class Prefix {
  private readonly vocabulary: Vocabulary;
  private low = 0;
  private high: number;
  private depth = 0;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.high = vocabulary.size;
  }

  copy(): Prefix {
    const copy = new Prefix(this.vocabulary);
    copy.low = this.low;
    copy.high = this.high;
    copy.depth = this.depth;
    return copy;
  }

  /** Takes one byte more; false if no entry goes on with it. */
  take(byte: number): boolean {
    [this.low, this.high] = this.vocabulary.narrowed(this.low, this.high, this.depth, byte);
    this.depth++;
    return this.low < this.high;
  }

  /** The id of the entry that is just these bytes, or {@link NONE}: shorter ones come first. */
  get id(): number {
    return this.low < this.high ? this.vocabulary.idAt(this.low, this.depth) : NONE;
  }
}

interface Parts {
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
  readonly merges: Uint32Array;
  readonly scores: Float64Array | null;
  readonly text: Uint8Array;
}

function partsOf(content: Uint8Array): Parts {
  const magic = new TextDecoder("latin1").decode(content.subarray(0, MAGIC.length));
  if (content.length < HEAD_BYTES || magic !== MAGIC) throw new ContentError("it is no vocabulary");
  const whole = content.slice().buffer; // arrays of it begin where their size divides the place
  const [count, merges, flags, textBytes] = new Uint32Array(whole, MAGIC.length, 4);
  const scoreBytes = flags & HAS_SCORES ? 8 * count : 0;
  const size = 4 * (count + 1) + 4 * count + 4 * MERGE_COLUMNS * merges + scoreBytes + textBytes;
  if (size !== content.length - HEAD_BYTES) {
    throw new ContentError("its size is not what its head says");
  }
  const orderAt = HEAD_BYTES + 4 * (count + 1);
  const mergesAt = orderAt + 4 * count;
  const scoresAt = mergesAt + 4 * MERGE_COLUMNS * merges;
  const textAt = scoresAt + scoreBytes;
  return {
    starts: new Uint32Array(whole, HEAD_BYTES, count + 1),
    order: new Uint32Array(whole, orderAt, count),
    merges: new Uint32Array(whole, mergesAt, MERGE_COLUMNS * merges),
    scores: scoreBytes > 0 ? new Float64Array(whole.slice(scoresAt, textAt)) : null,
    text: new Uint8Array(whole, textAt),
  };
}

function check({ starts, order, merges, text }: Parts): void {
  const size = order.length;
  const isAscending = starts.every((start, id) => id === 0 || starts[id - 1] <= start);
  const isWhole = starts[0] === 0 && starts[size] === text.length;
  const isOrdered = order.every((id) => id < size);
  const hasMerges = merges.every((id, index) => index % MERGE_COLUMNS === 2 || id < size);
  if (!isAscending || !isWhole || !isOrdered || !hasMerges) {
    throw new ContentError("its parts contradict each other");
  }
}
