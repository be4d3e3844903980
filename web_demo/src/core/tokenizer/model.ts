import { ContentError, EdgekitError } from "../edgekit-error.ts";
import type { JsonObject } from "../json-object.ts";
import { BytePairEncoding } from "./byte-pair-encoding.ts";
import type { Normalized } from "./normalized.ts";
import type { TokenList } from "./tokens.ts";
import { Unigram } from "./unigram.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { WordPiece } from "./word-piece.ts";

/** From words to tokens: one implementation a kind of tokenizer. */
export interface Model {
  /** Adds the tokens of a word, which is not empty. */
  tokenize(word: Normalized, tokens: TokenList): void;
}

const KINDS: Readonly<Record<string, (settings: JsonObject, vocabulary: Vocabulary) => Model>> = {
  WordPiece: (settings, vocabulary) =>
    new WordPiece(vocabulary, {
      unknown: unknownId(settings, vocabulary),
      continuing: settings.text("continuing_subword_prefix"),
      longest: settings.int("max_input_chars_per_word"),
    }),
  BPE: (settings, vocabulary) =>
    new BytePairEncoding(vocabulary, {
      unknown: settings.has("unk_id") ? unknownId(settings, vocabulary) : null,
      ignoresMerges: settings.flag("ignore_merges"),
    }),
  Unigram: (settings, vocabulary) => new Unigram(vocabulary, unknownId(settings, vocabulary)),
};

function unknownId(settings: JsonObject, vocabulary: Vocabulary): number {
  const id = settings.count("unk_id", 0);
  if (id >= vocabulary.size) throw new ContentError("the vocabulary has no 'unk_id'");
  return id;
}

/**
 * The model of a kind.
 *
 * @throws EdgekitError UnsupportedTokenizer: the kind is unknown here
 */
export function modelOf(kind: string, settings: JsonObject, vocabulary: Vocabulary): Model {
  if (!Object.hasOwn(KINDS, kind)) {
    throw new EdgekitError(
      "UnsupportedTokenizer",
      `this library has no ${kind} vocabulary: update it`,
    );
  }
  return KINDS[kind](settings, vocabulary);
}
