import Foundation
import Prompts
import Settings
import TestSupport
import Testing

struct `Budgets of a prompt` {
  @Test(arguments: PromptPartName.allCases.filter { !$0.isFixed })
  func `a part is whole at its size and cut one byte below`(part: PromptPartName) throws {
    let templates = try PromptTemplates()
    func build(_ size: Int) throws -> (part: PromptPart, prompt: BuiltPrompt) {
      var budgets = PromptBudgets(totalBytes: 100_000_000)
      budgets.bytes = [part: size]
      let prompt = try PromptBuilder.build(
        longInput(lines: 250), templates: templates, budgets: budgets)
      return (try #require(prompt.parts.first { $0.name == part }), prompt)
    }
    let whole = try build(10_000_000)
    #expect(!whole.part.isCut && whole.part.restFile == nil)
    let size = whole.part.bytes
    #expect(try build(size).part == whole.part)
    for budget in [size - 1, size / 2, 5000, 1000, 400, 399, 100, 10, 0] where budget < size {
      let cut = try build(budget)
      #expect(cut.part.isCut)
      #expect(cut.part.bytes <= budget)
      #expect(budget < 400 || cut.part.bytes > budget / 4)
      let file = "prompt-\(part.rawValue).md"
      #expect(cut.part.restFile == ".orchestrator/" + file)
      #expect(cut.prompt.spill[file]?.utf8.count == size + 1)
      #expect(cut.prompt.text.contains(".orchestrator/\(file)` holds all") == (cut.part.bytes > 0))
    }
  }

  @Test func `what grows keeps its end, and everything else its beginning`() throws {
    let budgets = PromptBudgets(totalBytes: 10_000_000)
    let text = try PromptBuilder.build(
      longInput(), templates: PromptTemplates(), budgets: budgets
    ).text
    #expect(text.contains("event 3000\n") && !text.contains("event 1\n"))
    #expect(text.contains("Read file3000\n") && !text.contains("Read file1\n"))
    #expect(text.contains("user20:") && !text.contains("user1:"))
    #expect(text.contains("Sources/file1.swift") && !text.contains("Sources/file3000.swift"))
    #expect(text.contains("- lesson 1 ") && !text.contains("- lesson 3000 "))
    // A required skill goes before the others, whatever their order.
    #expect(text.contains("## s4 [REQUIRED]") && !text.contains("## s5"))
  }

  @Test func `a text is cut at lines, and characters stay whole`() throws {
    var input = minimalInput()
    input.gitDiff = (1...2000).map { "+line \($0)" }.joined(separator: "\n")
    var budgets = PromptBudgets()
    for size in 600..<700 {
      budgets.bytes[.gitDiff] = size
      let text = try PromptBuilder.build(input, templates: PromptTemplates(), budgets: budgets).text
      let diff = text.split(separator: "\n").filter { $0.hasPrefix("+line") }
      #expect(diff == (1...diff.count).map { "+line \($0)" })
    }
    input.gitDiff = String(repeating: "👩‍👩‍👧‍👦", count: 500)
    for size in 600..<640 {
      budgets.bytes[.gitDiff] = size
      let text = try PromptBuilder.build(input, templates: PromptTemplates(), budgets: budgets).text
      let line = try #require(text.split(separator: "\n").first { $0.first == "👩‍👩‍👧‍👦" })
      #expect(line.allSatisfy { $0 == "👩‍👩‍👧‍👦" })
    }
  }

  @Test func `one endless character is cut too`() throws {
    var input = minimalInput()
    input.lastError = "e" + String(repeating: "\u{301}", count: 100_000)
    let prompt = try PromptBuilder.build(input, templates: PromptTemplates())
    let part = try #require(prompt.parts.first { $0.name == .lastError })
    #expect(part.isCut && part.bytes <= PromptBudgets.defaultLastErrorBytes)
  }

  @Test func `the whole holds its bound, and the task is the last to give way`() throws {
    let templates = try PromptTemplates()
    let fixed = try PromptBuilder.build(
      fullInput(), templates: templates, budgets: PromptBudgets()
    ).parts.filter(\.name.isFixed).reduce(0) { $0 + $1.bytes }
    for total in [120_000, 60_000, 30_000, fixed + 3000, fixed + 1500] {
      let prompt = try PromptBuilder.build(
        longInput(), templates: templates, budgets: PromptBudgets(totalBytes: total))
      #expect(prompt.text.utf8.count <= total)
      #expect(prompt.text.utf8.count > total * 8 / 10)
      let task = try #require(prompt.parts.first { $0.name == .task })
      #expect(task.bytes > 500)
      for part in prompt.parts where part.isCut {
        #expect(prompt.spill["prompt-\(part.name.rawValue).md"] != nil)
      }
    }
    #expect(throws: PromptError.self) {
      _ = try PromptBuilder.build(
        minimalInput(), templates: templates, budgets: PromptBudgets(totalBytes: 2000))
    }
  }

  @Test func `the defaults fit one argument of a command`() {
    #expect(PromptBudgets.defaultTotalBytes < 128 * 1024)
    let budgets = PromptBudgets(overrides: [
      "git_diff": 5, "system": 5, "nonsense": 5, "skills": -1,
    ])
    #expect(budgets.bytes == [.gitDiff: 5, .skills: 0])
    #expect(budgets.budget(of: .gitDiff) == 5)
    #expect(budgets.budget(of: .task) == PromptBudgets.defaultTaskBytes)
  }

  @Test func `the settings know the same parts, and the manual lists their sizes`() throws {
    let parts = PromptPartName.allCases.filter { !$0.isFixed && $0 != .lessons }
    #expect(Set(PromptSettings.partNames) == Set(parts.map(\.rawValue)))
    #expect(PromptSettings.defaultTotalBytes == PromptBudgets.defaultTotalBytes)
    #expect(LessonSettings.defaultMaxBytes == PromptBudgets.defaultLessonsBytes)
    let page = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/configuration.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(
      text.range(of: "<!-- parts: compared with PromptBudgets by a test -->"))
    let end = try #require(text.range(of: "<!-- end of parts -->"))
    let written = text[start.upperBound..<end.lowerBound].split(separator: "\n").dropFirst(2)
    let expected = parts.map { "| `\($0.rawValue)` | \(PromptBudgets.defaultBytes(of: $0)) |" }
    #expect(written.count == expected.count)
    for (row, beginning) in zip(written, expected) { #expect(row.hasPrefix(beginning), "\(row)") }
  }
}
