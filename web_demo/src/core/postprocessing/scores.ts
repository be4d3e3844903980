/** e^x of each over their sum; the largest is taken off first, so that nothing overflows. */
export function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((one, other) => Math.max(one, other), -Infinity);
  const powers = logits.map((logit) => Math.exp(Math.fround(logit - largest)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** 1 over 1 plus e^-x of each; never overflows. */
export function sigmoid(logits: Float32Array): Float32Array {
  return logits.map((logit) => {
    const power = Math.exp(-Math.abs(logit));
    return (logit >= 0 ? 1 : power) / (1 + power);
  });
}

/** So many are kept in order while a vocabulary is passed; more are sorted. */
const FEW = 64;

/**
 * Indices of the largest values, the largest first; of equal ones the lower index.
 *
 * @param top how many are kept; all, unless said otherwise
 */
export function ranked(values: Float32Array, top: number = values.length): number[] {
  const count = Math.min(top, values.length);
  if (count > FEW) return sorted(values).slice(0, count);
  const best: number[] = [];
  for (let index = 0; index < values.length && count > 0; index++) {
    if (best.length === count && values[index] <= values[best[count - 1]]) continue;
    if (best.length === count) best.pop();
    let place = best.length;
    while (place > 0 && values[best[place - 1]] < values[index]) place--;
    best.splice(place, 0, index);
  }
  return best;
}

function sorted(values: Float32Array): number[] {
  return Array.from(values, (_, index) => index).sort((one, other) => values[other] - values[one]);
}
