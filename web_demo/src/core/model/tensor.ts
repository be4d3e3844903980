/** Values in rows and columns: plain data. */
export interface Tensor<Values extends Int32Array | Float32Array = Float32Array> {
  /** Its axes. */
  readonly shape: readonly number[];
  /** In C order. */
  readonly values: Values;
}

/** How many values a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/** Rows of the first axis, which share the tensor's memory. */
export function rowsOf(tensor: Tensor): Float32Array[] {
  return Array.from({ length: tensor.shape[0] }, (_, index) => rowOf(tensor, index));
}

/** One row of the first axis, which shares the tensor's memory. */
export function rowOf(tensor: Tensor, index: number): Float32Array {
  const width = tensor.values.length / tensor.shape[0];
  return tensor.values.subarray(index * width, (index + 1) * width);
}
