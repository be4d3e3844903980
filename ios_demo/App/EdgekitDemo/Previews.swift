#if canImport(DeveloperToolsSupport)
  import SwiftUI

  #Preview("Models") {
    ModelsView(library: ModelLibrary())
  }

  #Preview("About") {
    NavigationStack { AboutView(library: ModelLibrary()) }
  }

  #Preview("Parts") {
    List {
      ScoreBar(label: "positive", score: 0.982)
      ScoreBar(label: "negative", score: 0.018)
      BannerText(Word.randomWeights.text)
      BannerText(Word.tryWindowed(4))
      ProblemText(Word.errorEmptyText.text)
      Text("The Apollo 11 mission".highlighting([]))
    }
  }
#endif
