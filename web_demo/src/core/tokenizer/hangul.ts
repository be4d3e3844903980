const SYLLABLE = 0xac00;
const LEAD = 0x1100;
const VOWEL = 0x1161;
const TRAIL = 0x11a7;
const LEADS = 19;
const VOWELS = 21;
const TRAILS = 28;
const SYLLABLES = LEADS * VOWELS * TRAILS;

/** Hangul's syllables, which are composed by arithmetic (Unicode 3.12). */
export const Hangul = {
  isSyllable(point: number): boolean {
    return isWithin(point - SYLLABLE, SYLLABLES);
  },

  /** Whether the syllable ends with its vowel. */
  isOpen(point: number): boolean {
    return (point - SYLLABLE) % TRAILS === 0;
  },

  decompose(point: number): Int32Array {
    const index = point - SYLLABLE;
    const lead = LEAD + Math.floor(index / (VOWELS * TRAILS));
    const vowel = VOWEL + Math.floor((index % (VOWELS * TRAILS)) / TRAILS);
    const trail = index % TRAILS;
    return trail === 0 ? Int32Array.of(lead, vowel) : Int32Array.of(lead, vowel, TRAIL + trail);
  },

  /** Null for a pair that stays. */
  compose(first: number, second: number): number | null {
    if (isWithin(first - LEAD, LEADS) && isWithin(second - VOWEL, VOWELS)) {
      return SYLLABLE + ((first - LEAD) * VOWELS + second - VOWEL) * TRAILS;
    }
    const isTrail = second > TRAIL && isWithin(second - TRAIL, TRAILS);
    if (isTrail && Hangul.isSyllable(first) && Hangul.isOpen(first)) return first + second - TRAIL;
    return null;
  },
};

function isWithin(index: number, count: number): boolean {
  return index >= 0 && index < count;
}
