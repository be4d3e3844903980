import { EdgekitError } from "../edgekit-error.ts";
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
      unknown: settings.int("unk_id"),
      continuing: settings.text("continuing_subword_prefix"),
      longest: settings.int("max_input_chars_per_word"),
    }),
  BPE: (settings, vocabulary) =>
    new BytePairEncoding(vocabulary, {
      unknown: settings.intOrNull("unk_id"),
      ignoresMerges: settings.flag("ignore_merges"),
    }),
  Unigram: (settings, vocabulary) => new Unigram(vocabulary, settings.int("unk_id")),
};

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
