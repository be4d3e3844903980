/// What the search is shown with: ten times ten times ten parts make its 1,000 sentences.
enum SampleSentences {
  /// All of them, in one order.
  static let all = who.flatMap { who in
    what.flatMap { what in places.map { "\(who) \(what) \($0)." } }
  }

  static let who = [
    "The teacher",
    "A young doctor",
    "My neighbour",
    "The football player",
    "An old fisherman",
    "The train driver",
    "A veterinarian",
    "The orchestra conductor",
    "My grandmother",
    "A software engineer",
  ]

  static let what = [
    "lost a set of keys",
    "cooked a large pot of soup",
    "read the morning newspaper",
    "repaired a broken bicycle",
    "took photographs of birds",
    "sang a quiet song",
    "fell asleep",
    "argued about politics",
    "planted tomatoes",
    "sold an old car",
  ]

  static let places = [
    "by the sea",
    "in the middle of the night",
    "during a thunderstorm",
    "on a crowded bus",
    "in the hospital garden",
    "before the first snow",
    "at the airport",
    "in a small mountain village",
    "after losing the match",
    "on a Monday morning",
  ]
}
