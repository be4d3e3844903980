import type { CharacterRange, CodePoints } from "../code-points.ts";
import type { CodePointSet } from "../code-point-set.ts";
import type { Postprocessing } from "../model/manifest.ts";
import { Candidates, type Candidate, type PassageWindow } from "./candidates.ts";
import { isEmpty, mended } from "./mending.ts";
import { softmax } from "./scores.ts";

/** A piece of the passage that may be the answer. */
export interface Span {
  readonly text: string;
  /** In Unicode code points of the passage. */
  readonly start: number;
  /** Likewise, the first behind it. */
  readonly end: number;
  /** The same as places in the passage's UTF-16 units, as a string counts. */
  readonly characters: CharacterRange;
  /** The sum of two logits. */
  readonly score: number;
  /** Its share among the best spans and no answer. */
  readonly probability: number;
}

/** The answer of a question answering. */
export interface QuestionAnswer {
  readonly kind: "span";
  /** The span to show; null for no answer. */
  readonly best: Span | null;
  /** From best to worst, no two of the same text. */
  readonly spans: readonly Span[];
  /** The score of no answer. */
  readonly nullScore: number;
}

const N_BEST = 20;

/** From logits to spans. */
export class QuestionAnswering {
  private readonly settings: Postprocessing;
  private readonly marks: CodePointSet;

  constructor(settings: Postprocessing, marks: CodePointSet) {
    this.settings = settings;
    this.marks = marks;
  }

  /** The best spans of a passage that the windows cover; so many are kept. */
  answer(windows: readonly PassageWindow[], passage: CodePoints, top: number): QuestionAnswer {
    const nullScore = Math.min(...windows.map(nullScoreOf));
    const candidates = new Candidates(windows, this.settings.maxAnswerTokens);
    const best = this.distinct(candidates.ranked(), passage);
    const shares = softmax(Float32Array.from([...best.map(({ score }) => score), nullScore]));
    const spans = best.slice(0, top).map(({ piece: { start, end }, score }, rank) => ({
      text: passage.piece(start, end),
      start,
      end,
      characters: passage.characters(start, end),
      score,
      probability: shares[rank],
    }));
    const isShown = spans.length > 0 && !this.isSilent(spans[0].score, nullScore);
    return { kind: "span", best: isShown ? spans[0] : null, spans, nullScore };
  }

  /** Whether no answer beats the best span by more than the threshold. */
  private isSilent(score: number, nullScore: number): boolean {
    const threshold = this.settings.nullThreshold;
    return threshold !== null && Math.fround(nullScore - score) > threshold;
  }

  /** The first 20 that are not empty and do not repeat the text of a better one. */
  private distinct(from: Iterable<Candidate>, passage: CodePoints): Candidate[] {
    const kept = new Map<string, Candidate>();
    for (const { piece, score } of from) {
      const own = mended(passage, piece, this.marks);
      if (isEmpty(own)) continue;
      const text = passage.piece(own.start, own.end);
      if (!kept.has(text)) kept.set(text, { piece: own, score });
      if (kept.size === N_BEST) break;
    }
    return [...kept.values()];
  }
}

function nullScoreOf({ startLogits, endLogits }: PassageWindow): number {
  return Math.fround(startLogits[0] + endLogits[0]);
}
