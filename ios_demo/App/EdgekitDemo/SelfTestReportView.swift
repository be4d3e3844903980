import EdgekitCore
import SwiftUI

/// A self-test that has ended: the verdict, and every case with its first difference.
struct SelfTestReportView: View {
  let report: SelfTest.Report

  private var verdict: String {
    let failed = report.cases.count { !$0.passed }
    return failed == 0
      ? Word.selfTestPassed(report.cases.count) : Word.selfTestFailed(failed, report.cases.count)
  }

  var body: some View {
    Text(verdict).font(.headline)
    if let json = try? report.json() { ShareLink(Word.share.text, item: json) }
    CasesView(cases: report.cases)
  }
}

/// The results that are there so far.
struct CasesView: View {
  let cases: [SelfTest.Report.Case]

  var body: some View {
    ForEach(Array(cases.enumerated()), id: \.offset) { _, row in
      LabeledContent(row.name, value: row.passed ? Word.checkPassed.text : Word.checkFailed.text)
      if let difference = row.difference { Text(difference).font(.footnote) }
    }
  }
}
