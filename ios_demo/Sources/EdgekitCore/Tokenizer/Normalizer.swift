/// One step of a normaliser.
protocol NormalizationStep: Sendable {
  func apply(to text: inout AlignedText)
}

/// What makes texts alike before they are split.
struct Normalizer: Sendable {
  private let steps: [any NormalizationStep]

  init(_ settings: [StepSettings], tables: CharacterTables) throws {
    steps = try settings.map { try Self.step($0, tables: tables) }
  }

  func apply(to text: inout AlignedText) {
    for step in steps { step.apply(to: &text) }
  }

  private static func step(
    _ settings: StepSettings, tables: CharacterTables
  ) throws -> any NormalizationStep {
    switch settings.type {
    case "BertNormalizer": return try BertNormalizer(settings, tables: tables)
    case "Lowercase": return Lowercase(map: try tables.required(\.lowercase, for: settings.type))
    case "StripAccents": return StripAccents(marks: tables.marks)
    case "Strip": return Strip(settings, blanks: tables.blanks)
    case "Replace": return try Replace(settings)
    case "Precompiled":
      return try Precompiled(
        charsmap: settings.precompiledCharsmap ?? "",
        graphemes: tables.required(\.graphemes, for: settings.type))
    case "NFC", "NFD", "NFKC", "NFKD": return try NormalForm(settings.type, tables: tables)
    default: throw settings.unknown
    }
  }
}

/// BERT's: control characters go, ideographs become words, accents go, upper case goes.
private struct BertNormalizer: NormalizationStep {
  private let blanks: CodePointSet
  private let controls: CodePointSet?
  private let ideographs: CodePointSet?
  private let accents: (form: NormalForm, marks: CodePointSet)?
  private let lowercase: CodePointMap?

  init(_ settings: StepSettings, tables: CharacterTables) throws {
    func table<Table>(
      _ path: KeyPath<CharacterTables, Table?>, if isOn: Bool?
    ) throws -> Table? {
      isOn == true ? try tables.required(path, for: settings.type) : nil
    }
    blanks = tables.blanks
    controls = try table(\.controls, if: settings.cleanText)
    ideographs = try table(\.ideographs, if: settings.handleChineseChars)
    lowercase = try table(\.lowercase, if: settings.lowercase)
    accents = try table(\.nonspacing, if: settings.stripAccents).map {
      (try NormalForm("NFD", tables: tables), $0)
    }
  }

  func apply(to text: inout AlignedText) {
    if let controls {
      text.removeAll(where: controls.contains)
      text.map { blanks.contains($0) ? " " : $0 }
    }
    if let ideographs {
      text.expand { ideographs.contains($0) ? [" ", $0, " "] : nil }
    }
    if let accents {
      accents.form.apply(to: &text)
      text.removeAll(where: accents.marks.contains)
    }
    if let lowercase {
      text.expand { lowercase[$0] }
    }
  }
}

private struct Lowercase: NormalizationStep {
  let map: CodePointMap

  func apply(to text: inout AlignedText) {
    text.expand { map[$0] }
  }
}

private struct StripAccents: NormalizationStep {
  let marks: CodePointSet

  func apply(to text: inout AlignedText) {
    text.removeAll(where: marks.contains)
  }
}

/// Takes blanks off the ends.
private struct Strip: NormalizationStep {
  private let blanks: CodePointSet
  private let left: Bool
  private let right: Bool

  init(_ settings: StepSettings, blanks: CodePointSet) {
    self.blanks = blanks
    left = settings.stripLeft ?? true
    right = settings.stripRight ?? true
  }

  func apply(to text: inout AlignedText) {
    let kept = text.scalars.indices.filter { !blanks.contains(text.scalars[$0]) }
    guard let first = kept.first, let last = kept.last else {
      if left || right { text = text[0..<0] }
      return
    }
    text = text[(left ? first : 0)..<(right ? last + 1 : text.count)]
  }
}

/// Puts one string in the place of another, or of several spaces.
private struct Replace: NormalizationStep {
  private let pattern: [Unicode.Scalar]
  private let isRun: Bool
  private let content: [Unicode.Scalar]

  init(_ settings: StepSettings) throws {
    content = Array((settings.content ?? "").unicodeScalars)
    isRun = settings.pattern?.regex != nil
    switch (settings.pattern?.string, settings.pattern?.regex) {
    case (let string?, nil) where !string.isEmpty: pattern = Array(string.unicodeScalars)
    case (nil, " {2,}"): pattern = [" ", " "]
    default: throw settings.unknown
    }
  }

  func apply(to text: inout AlignedText) {
    var ranges: [Range<Int>] = []
    var place = 0
    while place + pattern.count <= text.count {
      guard text.scalars[place...].starts(with: pattern) else {
        place += 1
        continue
      }
      var end = place + pattern.count
      while isRun, end < text.count, text.scalars[end] == pattern[0] { end += 1 }
      ranges.append(place..<end)
      place = end
    }
    text.replace(ranges, with: content)
  }
}
