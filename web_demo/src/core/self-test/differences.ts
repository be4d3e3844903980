import type { Json } from "../postprocessing/answer.ts";

/**
 * Where an answer differs from what postprocess.json says.
 *
 * @param tolerance of numbers, less than 1, so that whole ones have to be equal
 * @returns the first such place, never with a text of the user's; null: there is none
 */
export function difference(
  found: Json,
  expected: Json,
  tolerance: number,
  place = "answer",
): string | null {
  if (typeof found === "number" && typeof expected === "number") {
    const isClose = Math.abs(found - expected) <= tolerance;
    return isClose ? null : `${place} is ${found}, not ${expected}`;
  }
  if (isParts(found) && isParts(expected) && isList(found) === isList(expected)) {
    return partsDifference(found, expected, tolerance, place);
  }
  return found === expected ? null : `${place} is another`;
}

type Parts = Readonly<Record<string, Json>>;

/** Entries of lists are compared as fields that are called by their numbers. */
function partsDifference(
  found: Parts,
  expected: Parts,
  tolerance: number,
  place: string,
): string | null {
  const names = Object.keys(found);
  const isSame = names.length === Object.keys(expected).length;
  if (!isSame || !names.every((name) => Object.hasOwn(expected, name))) {
    return isList(found) ? `${place} has ${names.length} entries` : `${place} has other fields`;
  }
  for (const name of names) {
    const at = isList(found) ? `${place}[${name}]` : `${place}.${name}`;
    const other = difference(found[name], expected[name], tolerance, at);
    if (other !== null) return other;
  }
  return null;
}

function isParts(value: Json): value is Parts {
  return typeof value === "object" && value !== null;
}

function isList(value: Json): boolean {
  return Array.isArray(value);
}
