/** Numbers of which the one that comes first in some order is taken first. */
export class Heap {
  private readonly values: number[];
  private readonly compare: (one: number, other: number) => number;

  /**
   * @param compare below 0 where the first number comes before the other
   * @param values what is in it at first
   */
  constructor(compare: (one: number, other: number) => number, values: Iterable<number> = []) {
    this.compare = compare;
    this.values = [...values];
    for (let place = this.values.length >> 1; place > 0; place--) {
      this.sink(this.values[place - 1], place - 1);
    }
  }

  add(value: number): void {
    const { values } = this;
    let place = values.push(value) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.compare(values[parent], value) <= 0) break;
      values[place] = values[parent];
      place = parent;
    }
    values[place] = value;
  }

  /** Takes the first away; undefined where there is none. */
  take(): number | undefined {
    const { values } = this;
    const first = values[0];
    const last = values.pop();
    if (last !== undefined && values.length > 0) this.sink(last, 0);
    return first;
  }

  /** Puts a value at a place that is free, or below. */
  private sink(value: number, from: number): void {
    const { values } = this;
    let place = from;
    for (let child = 2 * place + 1; child < values.length; child = 2 * place + 1) {
      const other = child + 1;
      if (other < values.length && this.compare(values[other], values[child]) < 0) child = other;
      if (this.compare(values[child], value) >= 0) break;
      values[place] = values[child];
      place = child;
    }
    values[place] = value;
  }
}
