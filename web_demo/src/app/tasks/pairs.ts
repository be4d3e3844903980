import { score } from "../dom.ts";
import { digits, say, type Word } from "../words.ts";
import { PAIR, type PageOf } from "./page.ts";
import { headline, scores } from "./parts.ts";

type Kinds = "similarity" | "embedding" | "sparse" | "vectors";

/** Two texts and how alike they are, or one and its vector. */
export function pairs(title: Word): PageOf<Kinds> {
  const summary: PageOf<Kinds>["summary"] = (answer) => {
    switch (answer.kind) {
      case "similarity":
        return say("try_similarity", digits(answer.similarity, 3));
      case "embedding":
        return say("try_values", answer.vector.length, answer.vector.filter((value) => value !== 0).length);
      case "sparse":
        return say("try_values", answer.vector.length, answer.nonzero);
      case "vectors":
        return say("try_tokens", answer.vectors.length, answer.vectors[0]?.length ?? 0);
    }
  };
  return {
    title,
    fields: PAIR,
    isSecondOptional: true,
    samples: () => [say("sample_sentence"), say("sample_other_sentence")],
    show: (_, answer) => {
      const weights = answer.kind === "sparse" ? answer.weights : [];
      const rows = weights.map(({ token, weight }) => score(token, digits(weight, 2), weight / weights[0].weight));
      return [headline(summary(answer)), scores(rows)];
    },
    summary,
    decision: () => null,
  };
}
