/// Unicode's normal forms, by the bundle's tables.
struct NormalForm: NormalizationStep {
  private let decompositions: CodePointMap
  private let classes: CombiningClasses
  /// `nil` for the decomposed forms.
  private let compositions: Compositions?

  /// The form of that name: `NFD`, `NFKD`, `NFC` or `NFKC`.
  init(_ name: String, tables: CharacterTables) throws {
    decompositions =
      name.contains("K")
      ? try tables.required(\.decomposeCompatible, for: name)
      : try tables.required(\.decompose, for: name)
    classes = try tables.required(\.classes, for: name)
    compositions = name.hasSuffix("C") ? try tables.required(\.compose, for: name) : nil
  }

  func apply(to text: inout AlignedText) {
    let decomposed = decomposed(text.scalars)
    text.transform(compositions.map { composed(decomposed, by: $0) } ?? decomposed)
  }

  private func decomposed(_ scalars: [Unicode.Scalar]) -> [AlignedText.Change] {
    var found: [AlignedText.Change] = []
    var marks = 0  // at the end, which are still to be ordered
    for scalar in scalars {
      let parts = Hangul.decomposed(scalar) ?? decompositions[scalar] ?? [scalar]
      for (index, part) in parts.enumerated() {
        if classes[part] == 0 {
          order(&found, last: marks)
          marks = 0
        } else {
          marks += 1
        }
        found.append((part, index == 0 ? 0 : 1))
      }
    }
    order(&found, last: marks)
    return found
  }

  /// Orders the last marks by their class, equal ones as they are.
  private func order(_ changes: inout [AlignedText.Change], last count: Int) {
    guard count > 1 else { return }
    let marks = changes.suffix(count).enumerated().sorted {
      (classes[$0.element.scalar], $0.offset) < (classes[$1.element.scalar], $1.offset)
    }
    changes.replaceSubrange((changes.count - count)..., with: marks.map(\.element))
  }

  private func composed(
    _ changes: [AlignedText.Change], by compositions: Compositions
  ) -> [AlignedText.Change] {
    var found: [AlignedText.Change] = []
    var base: Int?  // the place of the last code point of class 0
    var before: UInt8?  // the class of what stands between it and the next one
    for (scalar, count) in changes {
      let own = classes[scalar]
      let isBlocked = before.map { $0 >= own } ?? false
      if let base, !isBlocked,
        let whole = Hangul.composed(found[base].scalar, scalar)
          ?? compositions[found[base].scalar, scalar]
      {
        found[base] = (whole, found[base].count + count - 1)
        continue
      }
      if own == 0 { base = found.count }
      before = own == 0 || base == nil ? nil : own
      found.append((scalar, count))
    }
    return found
  }
}

/// The syllables of Hangul, which are composed by arithmetic: Unicode 3.12.
enum Hangul {
  private static let (syllable, leading, vowel, trailing): (UInt32, UInt32, UInt32, UInt32) =
    (0xAC00, 0x1100, 0x1161, 0x11A7)
  private static let (leadings, vowels, trailings): (UInt32, UInt32, UInt32) = (19, 21, 28)

  /// Which syllable a code point is, from 0 on; `nil` for another one.
  private static func index(of scalar: Unicode.Scalar) -> UInt32? {
    let index = scalar.value &- syllable
    return index < leadings * vowels * trailings ? index : nil
  }

  /// Whether a code point is a syllable, and if so whether it ends with a consonant.
  static func hasTrailing(_ scalar: Unicode.Scalar) -> Bool? {
    index(of: scalar).map { $0 % trailings != 0 }
  }

  static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    guard let index = index(of: scalar) else { return nil }
    let parts = [
      leading + index / (vowels * trailings), vowel + index / trailings % vowels,
      trailing + index % trailings,
    ]
    return parts.prefix(index % trailings == 0 ? 2 : 3).compactMap(Unicode.Scalar.init)
  }

  static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    let (start, end) = (first.value &- leading, second.value &- vowel)
    if start < leadings, end < vowels {
      return Unicode.Scalar(syllable + (start * vowels + end) * trailings)
    }
    let last = second.value &- trailing
    guard hasTrailing(first) == false, last > 0, last < trailings else { return nil }
    return Unicode.Scalar(first.value + last)
  }
}
