/** What the app says: the keys and words of the Android app, and those that only a page needs. */
import words from "./words.json" with { type: "json" };

export type Word = keyof typeof words;

/** The words of that key, with values in their places: `%1$s`, `%2$d`. */
export function say(key: Word, ...values: readonly (string | number)[]): string {
  return words[key].replace(/%(\d)\$[sd]/g, (_, place: string) =>
    String(values[Number(place) - 1] ?? ""),
  );
}

/** The words for a number of things, which has to be the first value. */
export function sayCount(key: "try_left_out", count: number): string {
  return say(count === 1 ? `${key}_one` : `${key}_other`, count);
}

/** A number with so many digits behind the point. */
export function digits(value: number, count: number): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: count,
    maximumFractionDigits: count,
  });
}

/** A share of one, for people: `93.1%`. */
export function percent(share: number): string {
  return share.toLocaleString("en", { style: "percent", maximumFractionDigits: 1 });
}

/** Milliseconds: whole ones, or with one digit where they are few. */
export function milliseconds(valueMs: number): string {
  return digits(valueMs, valueMs < 10 ? 1 : 0);
}

/** A number of bytes, for people: `22.9 MB`. */
export function size(bytes: number): string {
  if (bytes >= 1e6) return `${digits(bytes / 1e6, 1)} MB`;
  return bytes >= 1e3 ? `${digits(bytes / 1e3, 0)} kB` : `${bytes} B`;
}
