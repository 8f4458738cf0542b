import Engine
import Foundation
import JSON
import TestSupport
import Testing
import Workflow

@Suite struct `Times as text` {
  @Test func `agree with the system's own formatter on random moments`() {
    let formatter = ISO8601DateFormatter()
    var random = SeededRandom(seed: TestSeed.next())
    for _ in 0..<2000 {
      let seconds = Int.random(in: 0..<32_503_680_000, using: &random)
      let rest = Int.random(in: 0..<1000, using: &random)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(Timestamp.text(seconds * 1000 + rest) == expected)
    }
  }

  @Test(arguments: [
    (0, "0s"), (59_999, "59s"), (60_000, "1m"), (3_599_000, "59m"), (11_520_000, "3h12m"),
    (-5, "0s"),
  ])
  func `durations are short`(milliseconds: Int, text: String) {
    #expect(Timestamp.duration(milliseconds) == text)
  }
}

@Suite struct `Tasks as JSON` {
  @Test func `have the fields of the command contract`() throws {
    let json = TaskOutput.json(TaskView(id: "0123456789ab", title: "T"))
    let always = [
      "id", "title", "body", "kind", "status", "labels", "priority", "children", "after",
      "attempts", "cost_usd", "created_at", "updated_at",
    ]
    for name in always { #expect(json[name] != nil, "\(name)") }
    #expect(try JSONValue(parsing: json.canonicalText).canonicalText == json.canonicalText)
  }
}
