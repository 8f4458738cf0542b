import Testing

@testable import Engine
@testable import GitState

@Suite struct `What is kept out, in words` {
  @Test(arguments: [
    (Finding.Reason.mode(0o120000), "mode 120000"), (.caseClash(with: "tasks"), "'tasks'"),
    (.tooManyEntries(count: nil, limit: 1000), "more than 1000 entries"),
    (.tooManyEntries(count: 1200, limit: 1000), "1200 entries, of at most 1000"),
    (.longLines(count: 2, limit: 9), "2 lines are longer than 9 bytes"),
    (.futureLines(count: 1, latest: 1_858_537_906_201), "1 line is more than a year ahead"),
    (.futureLines(count: 1, latest: 1_858_537_906_201), "up to 2028-11-22T20:31:46Z"),
    (.futureLines(count: 3, latest: 1e300), "up to no date that there is"),
    (.futureLines(count: 3, latest: -.infinity), "up to no date that there is"),
  ])
  func `says why, whatever numbers are in it`(reason: Finding.Reason, words: String) {
    #expect(FindingText.words(reason).contains(words))
  }

  @Test func `of many, the first are named and the others counted`() {
    let findings = (1...7).map { Finding(path: "meta/\($0)", reason: .name) }
    let lines = FindingText.lines(findings)
    #expect(lines.count == FindingText.maximumLines + 1)
    #expect(lines.first == "kept out 'meta/1': no file of a state has such a name")
    #expect(lines.last == "kept out 2 more: 'orch sync --json' names them")
    #expect(FindingText.lines([]) == [])
  }
}
