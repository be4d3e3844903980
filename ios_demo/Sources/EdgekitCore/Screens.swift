/// A bundle in an app's list.
public struct ModelRow: Sendable {
  public let bundle: String
  public let task: ModelTask
  /// Those that the app can open.
  public let files: [Artifact]
  public let license: String?
  public let origin: String
  public let hasRandomWeights: Bool

  public init(_ manifest: Manifest, files: [Artifact]) {
    bundle = manifest.name
    task = manifest.task
    self.files = files
    license = manifest.source.license
    origin = manifest.source.origin
    hasRandomWeights = manifest.randomWeights
  }
}

/// What the list of models shows.
public enum ModelsState: Sendable {
  case searching
  case found(models: [ModelRow], chosen: String?)
  /// Nothing is there yet: import one.
  case empty
  case importing(name: String, doneBytes: Int)
  case failed(EdgekitError)

  /// Whether something is to be waited for.
  public var isBusy: Bool {
    switch self {
    case .searching, .importing: true
    case .found, .empty, .failed: false
    }
  }
}

/// What the screen shows on which a model is tried.
public enum TryState: Sendable {
  case noModel
  /// The file is compiled and opened, which takes minutes the first time.
  case preparing(bundle: String, file: String)
  case ready(bundle: String, file: String, runtime: String)
  case running(bundle: String, file: String)
  case done(texts: [String], result: Answered<any Answer>)
  case failed(EdgekitError)

  /// Whether something is to be waited for.
  public var isBusy: Bool {
    switch self {
    case .preparing, .running: true
    case .noModel, .ready, .done, .failed: false
    }
  }
}

/// What the self-test shows.
public enum SelfTestState: Sendable {
  case idle
  case running(cases: [SelfTest.Report.Case])
  case done(report: SelfTest.Report)
  case failed(EdgekitError)

  /// Whether something is to be waited for.
  public var isBusy: Bool {
    if case .running = self { true } else { false }
  }
}

/// What the comparison of two files shows.
public enum CompareState: Sendable {
  case choosing(files: [Artifact])
  case running(first: String, second: String)
  case done(first: Answered<any Answer>, second: Answered<any Answer>)
  case failed(EdgekitError)

  /// Whether something is to be waited for.
  public var isBusy: Bool {
    if case .running = self { true } else { false }
  }
}

/// What the benchmark shows.
public enum BenchmarkState: Sendable {
  case choosing(files: [Artifact])
  case running(file: String, done: Int, of: Int)
  case done(file: String, latenciesMs: [Double])
  case failed(EdgekitError)

  /// Whether something is to be waited for.
  public var isBusy: Bool {
    if case .running = self { true } else { false }
  }
}
