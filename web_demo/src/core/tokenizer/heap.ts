/** Numbers of which the smallest is taken first. */
export class Heap {
  private readonly values: number[] = [];

  add(value: number): void {
    const { values } = this;
    let place = values.push(value) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (values[parent] <= value) break;
      values[place] = values[parent];
      place = parent;
    }
    values[place] = value;
  }

  /** Takes the smallest away; undefined where there is none. */
  take(): number | undefined {
    const { values } = this;
    const smallest = values[0];
    const last = values.pop();
    if (last !== undefined && values.length > 0) this.sink(last);
    return smallest;
  }

  /** Puts a value in the place of the smallest. */
  private sink(value: number): void {
    const { values } = this;
    let place = 0;
    for (let child = 1; child < values.length; child = 2 * place + 1) {
      if (child + 1 < values.length && values[child + 1] < values[child]) child++;
      if (values[child] >= value) break;
      values[place] = values[child];
      place = child;
    }
    values[place] = value;
  }
}
