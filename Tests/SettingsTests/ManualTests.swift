import Foundation
import Settings
import Testing

struct `The manual of settings` {
  private static let page = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("docs/configuration.md")

  @Test func `has every key with its type, default, unit and meaning`() throws {
    let text = try String(contentsOf: Self.page, encoding: .utf8)
    let begin = try #require(text.range(of: "<!-- keys:"))
    let start = try #require(text[begin.upperBound...].firstIndex(of: "\n"))
    let end = try #require(text.range(of: "<!-- end of keys -->"))
    let written = text[text.index(after: start)..<end.lowerBound]
    let environment = ProcessInfo.processInfo.environment
    if environment["ORCH_RECORD"] == "1", environment["CI"] == nil {
      let whole = text[...start] + Self.tables + text[end.lowerBound...]
      try String(whole).write(to: Self.page, atomically: true, encoding: .utf8)
    } else {
      #expect(String(written) == Self.tables, "record it anew with ORCH_RECORD=1")
    }
  }

  @Test func `says of every key what it is for`() {
    for row in SettingKey.all {
      #expect(row.meaning.hasSuffix("."), "\(row.key)")
      #expect(row.meaning.count > 15, "\(row.key)")
      #expect(!row.key.hasSuffix("_seconds") || row.unit == "seconds", "\(row.key)")
    }
    #expect(Set(SettingKey.all.map(\.key)).count == SettingKey.all.count)
  }

  private static var tables: String {
    var text = ""
    for section in SettingKey.sections {
      let rows = SettingKey.all.filter {
        $0.key.prefix { $0 != "." && $0 != "[" } == section.name
      }
      text += "\n### `\(section.name)`\n\n\(section.meaning)\n\n"
      text += "| key | holds | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n"
      for row in rows {
        text += "| `\(row.key)` | \(row.type) | \(row.standard) | \(row.unit) | \(row.meaning) |\n"
      }
    }
    return text + "\n"
  }
}
