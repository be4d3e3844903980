/**
 * A function that tells the first value at once, and of what follows the last of each while: nobody
 * is told more often, and the last of all is always told.
 */
export function paced<T>(tell: (value: T) => void, everyMs: number): (value: T) => void {
  let waiting: readonly T[] = [];
  let isResting = false;
  const go = () => {
    isResting = waiting.length > 0;
    if (!isResting) return;
    const [value] = waiting;
    waiting = [];
    setTimeout(go, everyMs);
    tell(value);
  };
  return (value) => {
    waiting = [value];
    if (!isResting) go();
  };
}
