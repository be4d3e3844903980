import type { Postprocessing } from "../model/manifest.ts";
import { ranked, sigmoid, softmax } from "./scores.ts";

/** A label of a text classification. */
export interface Label {
  readonly label: string;
  /** In the model's order. */
  readonly index: number;
  /** A probability; of a regression the value itself. */
  readonly score: number;
}

/** The answer of a text classification. */
export interface Classification {
  readonly kind: "classification";
  readonly problemType: string;
  /** From the largest score to the smallest; of a regression in the model's order. */
  readonly labels: readonly Label[];
  /**
   * The best label, or all above the threshold where each stands for itself; of a regression none.
   */
  readonly chosen: readonly string[];
}

/** What logits of a text classification mean. */
export interface ClassificationSettings {
  readonly problemType: string;
  /** In the order of the logits. */
  readonly names: readonly string[];
  readonly postprocessing: Postprocessing;
}

const HALF = 0.5;

/** From one logit a label; so many labels are kept. */
export function classified(
  logits: Float32Array,
  settings: ClassificationSettings,
  top: number,
): Classification {
  const { names, postprocessing, problemType } = settings;
  const { activation } = postprocessing;
  const scores = { softmax, sigmoid, identity: () => logits }[activation](logits);
  const order = activation === "identity" ? [...logits.keys()] : ranked(logits);
  const labels = order.map((index) => ({ label: names[index], index, score: scores[index] }));
  return {
    kind: "classification",
    problemType,
    labels: labels.slice(0, top),
    chosen: chosen(labels, logits, postprocessing).map(({ label }) => label),
  };
}

function chosen(
  labels: readonly Label[],
  logits: Float32Array,
  { activation, threshold }: Postprocessing,
): readonly Label[] {
  if (activation === "identity") return [];
  if (activation === "softmax") return labels.slice(0, 1);
  const least = logitOf(threshold ?? HALF);
  return labels.filter(({ index }) => logits[index] > least);
}

/** Where the sigmoid is that score: exact at one half, as a comparison of scores is not. */
function logitOf(score: number): number {
  return Math.fround(Math.log(score / (1 - score)));
}
