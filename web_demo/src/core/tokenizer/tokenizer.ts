import { CodePoints, toCodePoints } from "../code-points.ts";
import type { CodePointSet } from "../code-point-set.ts";
import { EdgekitError } from "../edgekit-error.ts";
import type { JsonObject } from "../json-object.ts";
import type { Side } from "../model/manifest.ts";
import { AddedTokens } from "./added-tokens.ts";
import { CharacterTables } from "./character-tables.ts";
import type { Encoding } from "./encoding.ts";
import { modelOf, type Model } from "./model.ts";
import { Normalized } from "./normalized.ts";
import { inOrder, normalizerOf, type Normalizer } from "./normalizers.ts";
import { preTokenizerOf, type PreTokenizer } from "./pre-tokenizers.ts";
import { Template } from "./template.ts";
import { sliced, TokenList, trimmed, type Tokens } from "./tokens.ts";
import { kept, type Truncation } from "./truncation.ts";
import type { Vocabulary } from "./vocabulary.ts";

const VERSION = 1;

/** How a row is made that is too long. */
export interface EncodeOptions {
  /** Tokens that are kept, special ones included. */
  readonly maxLength: number;
  /** Which text loses tokens; `longest_first` unless said otherwise. */
  readonly strategy?: Truncation;
  /** Where it loses them; `right` unless said otherwise. */
  readonly side?: Side;
}

/** What a tokenizer is made of. */
interface Parts {
  readonly vocabulary: Vocabulary;
  readonly model: Model;
  readonly normalize: Normalizer;
  readonly preTokenizers: readonly PreTokenizer[];
  /** Tokens that are sought in a text as it was given. */
  readonly given: AddedTokens;
  /** Likewise, in the normalised one. */
  readonly normalized: AddedTokens;
  /** What added tokens are called, by id. */
  readonly names: ReadonlyMap<number, string>;
  /** For one text, and for two. */
  readonly templates: readonly Template[];
  /** Whether offsets leave out a token's blanks. */
  readonly trims: boolean;
  /** Whether a blank is put before a text. */
  readonly hasPrefix: boolean;
  /** Combining marks. */
  readonly marks: CodePointSet;
}

/** A bundle's tokenizer: texts become the ids that the model was trained with, in every browser. */
export class Tokenizer {
  private readonly parts: Parts;

  private constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * Makes a tokenizer of its settings, tokenizer-app.json, and its vocabulary.
   *
   * @throws EdgekitError UnsupportedTokenizer: it has a step unknown here
   * @throws ContentError the settings are not what they should be
   */
  static parse(root: JsonObject, vocabulary: Vocabulary): Tokenizer {
    checkVersion(root.int("version"));
    const tables = new CharacterTables(root.child("characters"));
    const offsets = root.child("offsets");
    const specialIds = root.intMap("special_ids");
    const template = root.child("template");
    const added = root.children("added_tokens");
    const blanks = tables.set("blanks");
    return new Tokenizer({
      vocabulary,
      model: modelOf(root.text("kind"), root.child("model"), vocabulary),
      normalize: inOrder(root.children("normalizer").map((step) => normalizerOf(step, tables))),
      preTokenizers: root.children("pre_tokenizer").map((step) => preTokenizerOf(step, tables)),
      given: addedTokens(
        added.filter((row) => !row.flag("normalized")),
        blanks,
      ),
      normalized: addedTokens(
        added.filter((row) => row.flag("normalized")),
        blanks,
      ),
      names: new Map(added.map((row) => [row.int("id"), row.text("content")])),
      templates: ["single", "pair"].map(
        (name, place) => new Template(template.texts(name), specialIds, place + 1),
      ),
      trims: offsets.flag("trim"),
      hasPrefix: offsets.flag("add_prefix_space"),
      marks: tables.set("marks"),
    });
  }

  /**
   * One row of ids for one text or a pair, with special tokens.
   *
   * @param texts one or two
   * @throws EdgekitError UnsupportedTask: there are none, or more than two; QuestionTooLong: the
   *   text that may not be cut is too long
   */
  encode(texts: readonly string[], options: EncodeOptions): Encoding {
    if (texts.length < 1 || texts.length > this.parts.templates.length) {
      throw new EdgekitError(
        "UnsupportedTask",
        `a row has one or two texts, not ${texts.length}`,
      );
    }
    return this.row(
      texts.map((text) => this.tokens(text)),
      options,
    );
  }

  /** The vocabulary's entry of an id, as it stands there. */
  token(id: number): string {
    return this.parts.names.get(id) ?? this.parts.vocabulary.token(id);
  }

  /** Combining marks, the general categories Mn, Mc and Me. */
  get marks(): CodePointSet {
    return this.parts.marks;
  }

  /** Special tokens of a row of so many texts. */
  specialTokens(texts: number): number {
    return this.parts.templates[texts - 1].specialTokens;
  }

  /** A row of texts that are cut to fit. */
  row(texts: readonly Tokens[], options: EncodeOptions): Encoding {
    const { maxLength, strategy = "longest_first", side = "right" } = options;
    const room = Math.max(0, maxLength - this.specialTokens(texts.length));
    const lengths = texts.map((tokens) => tokens.ids.length);
    const counts = kept(strategy, lengths, room);
    return this.filled(
      texts.map((tokens, text) => {
        const first = side === "left" ? lengths[text] - counts[text] : 0;
        return sliced(tokens, first, first + counts[text]);
      }),
    );
  }

  /** A row of texts that fit. */
  filled(texts: readonly Tokens[]): Encoding {
    const { templates, trims, hasPrefix } = this.parts;
    const own = trims ? texts.map((tokens) => trimmed(tokens, hasPrefix)) : texts;
    return templates[texts.length - 1].filled(own);
  }

  /** All tokens of one text, without special ones. */
  tokens(text: string): Tokens {
    const { given } = this.parts;
    const tokens = new TokenList();
    for (const part of given.cut(Normalized.of(new CodePoints(text)))) {
      if (part.id === null) {
        this.tokenize(part.text, tokens);
      } else {
        tokens.nextWord();
        given.add(part.id, part.text, tokens);
      }
    }
    return tokens.done();
  }

  private tokenize(text: Normalized, tokens: TokenList): void {
    const { normalize, normalized, model } = this.parts;
    for (const part of normalized.cut(normalize(text))) {
      if (part.id !== null) {
        tokens.nextWord();
        normalized.add(part.id, part.text, tokens);
        continue;
      }
      for (const word of this.words(part.text)) {
        tokens.nextWord();
        model.tokenize(word, tokens);
      }
    }
  }

  private words(text: Normalized): Normalized[] {
    return this.parts.preTokenizers.reduce(
      (pieces, split) => pieces.flatMap(split).filter((piece) => piece.size > 0),
      [text],
    );
  }
}

function checkVersion(version: number): void {
  if (version === VERSION) return;
  throw new EdgekitError(
    "UnsupportedTokenizer",
    `the tokenizer's files have version ${version} and this library reads ${VERSION}: update it`,
  );
}

function addedTokens(rows: readonly JsonObject[], blanks: CodePointSet): AddedTokens {
  const tokens = rows.map((row) => ({
    id: row.int("id"),
    sought: toCodePoints(row.text("sought")),
    takesBefore: row.flag("lstrip"),
    takesBehind: row.flag("rstrip"),
  }));
  return new AddedTokens(tokens, blanks);
}
