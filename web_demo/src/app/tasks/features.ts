import type { Answers } from "../../core/index.ts";
import { score } from "../dom.ts";
import { digits, say } from "../words.ts";
import { TEXT, type PageOf } from "./page.ts";
import { headline, scores } from "./parts.ts";

/** A text's tokens, each with the length of its vector. */
export const FEATURES: PageOf<"features"> = {
  title: "task_feature_extraction",
  fields: TEXT,
  samples: () => [say("sample_sentence")],
  show: (_, answer) => {
    const lengths = answer.tokens.map(({ vector }) => Math.hypot(...vector));
    const largest = Math.max(...lengths);
    const rows = answer.tokens.map(({ text }, place) =>
      score(text, digits(lengths[place], 2), lengths[place] / largest),
    );
    return [headline(summary(answer)), scores(rows)];
  },
  summary,
  decision: () => null,
};

function summary({ tokens }: Answers["features"]): string {
  return say("try_tokens", tokens.length, tokens[0]?.vector.length ?? 0);
}
