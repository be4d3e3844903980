import type { Tensor } from "./tensor.ts";

/** What a file is fed with, by name: int32 values of shape (1, length). */
export type Inputs = Readonly<Record<string, Tensor<Int32Array>>>;

/** What a file gives, by name: float32 values, the first axis of which is 1. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** A model file that a runtime has opened. One call at a time. */
export interface Engine {
  /** The runtime and its version, for people: `onnxruntime-web 1.30.0, WebAssembly`. */
  readonly title: string;

  /**
   * One inference of one row.
   *
   * @param inputs all of the same length; where the file has static lengths it is one of them
   * @throws EdgekitError RuntimeFailed: the runtime refuses them
   */
  run(inputs: Inputs): Promise<Outputs>;

  /** Pays now what the first inference of such inputs costs more than later ones. */
  prewarm(inputs: Inputs): Promise<void>;

  /** Frees the file's memory. */
  close(): Promise<void>;
}
