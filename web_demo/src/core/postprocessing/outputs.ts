import { EdgekitError } from "../edgekit-error.ts";
import type { RowOutputs } from "../model/inference.ts";
import type { Tensor } from "../model/tensor.ts";
import type { Encoding } from "../tokenizer/encoding.ts";

/**
 * The outputs of a prompt's rows, by name: handed out where they are of the shape that is asked
 * for, so that no post-processing reads beyond them.
 */
export class Outputs {
  private readonly rows: readonly Encoding[];
  private readonly outputs: readonly RowOutputs[];

  constructor(rows: readonly Encoding[], outputs: readonly RowOutputs[]) {
    this.rows = rows;
    this.outputs = outputs;
  }

  /**
   * One vector a row.
   *
   * @param width of each; the same for all, unless said otherwise
   * @throws EdgekitError RuntimeFailed: there is no such output
   */
  vectors(name: string, width?: number): Tensor[] {
    const found = this.all(name);
    const wanted = width ?? found[0].values.length;
    check(
      found.every(({ values }) => values.length === wanted),
      name,
    );
    return found;
  }

  /** One vector, or value, for each token of each row; the width as {@link vectors} has it. */
  perToken(name: string, width?: number): Tensor[] {
    const found = this.all(name);
    const widths = found.map((tensor, index) => widthOf(tensor, this.rows[index].ids.length));
    const wanted = width ?? widths[0];
    check(
      widths.every((each) => each !== null && each === wanted),
      name,
    );
    return found;
  }

  private all(name: string): Tensor[] {
    const found = this.outputs.flatMap((row) => row.get(name) ?? []);
    const count = this.rows.length;
    check(count > 0 && this.outputs.length === count && found.length === count, name);
    return found;
  }
}

/** Values of each token; null where it has not so many tokens. */
function widthOf({ shape, values }: Tensor, tokens: number): number | null {
  return tokens > 0 && shape[0] === tokens ? values.length / tokens : null;
}

function check(isSo: boolean, name: string): void {
  if (isSo) return;
  throw new EdgekitError(
    "RuntimeFailed",
    `the model has no output ${name} of the shape that its task wants: convert it again`,
  );
}
