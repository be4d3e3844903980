import Testing

@testable import EdgekitCore

@Suite struct ScreensTests {
  private struct Odd: Error {}

  @Test func aScreenWaitsWhileSomethingRuns() {
    #expect(ModelsState.searching.isBusy)
    #expect(ModelsState.importing(name: "reviews", doneBytes: 0).isBusy)
    #expect(!ModelsState.found(models: [], chosen: nil).isBusy)
    #expect(TryState.preparing(bundle: "reviews", file: "a.mlpackage").isBusy)
    #expect(!TryState.ready(bundle: "reviews", file: "a.mlpackage", runtime: "Core ML").isBusy)
    #expect(SelfTestState.running(cases: []).isBusy)
    #expect(!SelfTestState.idle.isBusy)
    #expect(CompareState.running(first: "a", second: "b").isBusy)
    #expect(!BenchmarkState.done(file: "a", latenciesMs: [1]).isBusy)
    #expect(!BenchmarkState.failed(.noMask("none")).isBusy)
  }

  @Test func whateverIsThrownIsAnErrorOfTheLibrary() {
    #expect(EdgekitError(EdgekitError.noMask("none")) == .noMask("none"))
    #expect(EdgekitError(Odd()).kind == "RuntimeFailed")
  }
}
