import { CodePoints } from "../code-points.ts";
import { EdgekitError } from "../edgekit-error.ts";
import { isSpecial, type Encoding } from "../tokenizer/encoding.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { sliced, type Tokens } from "../tokenizer/tokens.ts";
import { Windows } from "../tokenizer/windows.ts";
import type { Manifest, Side } from "./manifest.ts";
import { roleNamed, shaped } from "./role.ts";
import { rolesOf, taskNamed, wanted, type Asks, type Task } from "./task.ts";

/** What one question to a model is made of. */
export interface Prompt {
  readonly texts: readonly CodePoints[];
  /** One, or one a window of a long passage, or one a text. */
  readonly rows: readonly Encoding[];
  /** Tokens that did not fit. */
  readonly leftOut: number;
}

type Rows = Omit<Prompt, "texts">;
type Roles = readonly (string | null)[];

/** Makes prompts: the rows that a task asks a model about texts. */
export class Prompter {
  private readonly manifest: Manifest;
  private readonly task: Task;
  private readonly tokenizer: Tokenizer;
  private readonly maxLength: number;
  private readonly side: Side;
  private readonly ways: Readonly<Record<Asks, (tokens: readonly Tokens[], roles: Roles) => Rows>> =
    {
    together: (tokens) => this.together(tokens),
    each: (tokens, roles) => this.each(tokens, roles),
    "in windows": ([question, passage]) => this.windows(question, passage),
  };

  /** @param maxLength tokens of a row, special ones included */
  constructor(manifest: Manifest, tokenizer: Tokenizer, maxLength = manifest.maxLength) {
    this.manifest = manifest;
    this.task = taskNamed(manifest.task);
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.side = manifest.tokenizer?.truncationSide ?? "right";
  }

  /**
   * @param roles of each text that becomes a vector: what stands before it, and what its row is
   * @throws EdgekitError UnsupportedTask: too many or too few texts; EmptyText: no token is left
   *   of one of them; QuestionTooLong: it leaves no room for the passage
   */
  prompt(texts: readonly string[], roles = rolesOf(this.task, texts.length)): Prompt {
    const [least, most] = this.task.counts;
    if (texts.length < least || texts.length > most) {
      throw new EdgekitError(
        "UnsupportedTask",
        `${this.task.title} takes ${wanted(this.task)}, not ${texts.length}`,
      );
    }
    const asked = this.task.asks === "each" ? this.prefixed(texts, roles) : texts;
    const tokens = asked.map((text) => this.tokenizer.tokens(text));
    const rows = this.ways[this.task.asks](tokens, roles);
    return { texts: asked.map((text) => new CodePoints(text)), ...rows };
  }

  /** The manifest's prompt for its role before each; of null, the default one. */
  private prefixed(texts: readonly string[], roles: Roles): string[] {
    const { prompts, defaultPromptName } = this.manifest;
    return texts.map((text, place) => {
      const role = roles[place] ?? defaultPromptName;
      return (role === null ? "" : (prompts.get(role) ?? "")) + text;
    });
  }

  private together(tokens: readonly Tokens[], maxLength = this.maxLength): Rows {
    const row = this.tokenizer.row(tokens, { maxLength, side: this.side });
    if (row.ids.length === 0) throw emptyText("text");
    const all = tokens.reduce((sum, { ids }) => sum + ids.length, 0);
    return { rows: [row], leftOut: all - ownTokens(row) };
  }

  private each(tokens: readonly Tokens[], roles: Roles): Rows {
    const parts = tokens.map((own, place) => this.alone(own, roles[place] ?? null));
    return {
      rows: parts.flatMap(({ rows }) => rows),
      leftOut: parts.reduce((sum, { leftOut }) => sum + leftOut, 0),
    };
  }

  private alone(tokens: Tokens, name: string | null): Rows {
    const role = roleNamed(this.manifest.roles, name);
    const length = Math.min(this.maxLength, role.maxLength ?? this.maxLength);
    const part = this.together([tokens], length);
    const row = shaped(part.rows[0], role);
    if (row.skipped.length === row.ids.length) throw emptyText("text");
    return { rows: [row], leftOut: part.leftOut };
  }

  private windows(question: Tokens, passage: Tokens): Rows {
    if (question.ids.length === 0) throw emptyText("question");
    if (passage.ids.length === 0) throw emptyText("passage");
    const room = this.maxLength - question.ids.length - this.tokenizer.specialTokens(2);
    if (room < 1) {
      throw new EdgekitError(
        "QuestionTooLong",
        `the question has ${question.ids.length} tokens and leaves no room for a passage in ` +
          `${this.maxLength}: ask a shorter one`,
      );
    }
    const rows = Windows.of(passage.ids.length, room).map(({ start, end }) =>
      this.tokenizer.filled([question, sliced(passage, start, end)]),
    );
    return { rows, leftOut: 0 };
  }
}

function ownTokens(row: Encoding): number {
  return row.ids.reduce((count, _, token) => count + (isSpecial(row, token) ? 0 : 1), 0);
}

function emptyText(what: string): EdgekitError {
  return new EdgekitError("EmptyText", `the ${what} is empty: no token is left of it`);
}
