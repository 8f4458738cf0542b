import Prompts
import Testing

struct `Building a prompt` {
  @Test func `a first attempt with only a title has role, instructions and task`() throws {
    let prompt = try PromptBuilder.build(minimalInput(), templates: PromptTemplates())
    #expect(prompt.parts.map(\.name) == [.system, .instructions, .task])
    #expect(prompt.spill.isEmpty)
    #expect(prompt.parts.allSatisfy { !$0.isCut && $0.restFile == nil && $0.bytes > 0 })
    #expect(prompt.text.contains("# Task\n\n**Fix the login**"))
  }

  @Test(arguments: rows.indices)
  func `each row of the context is there exactly when it is given`(index: Int) throws {
    let row = rows[index]
    let templates = try PromptTemplates()
    let without = try PromptBuilder.build(minimalInput(), templates: templates)
    #expect(!without.text.contains(row.text))
    var input = minimalInput()
    row.give(&input)
    let with = try PromptBuilder.build(input, templates: templates)
    #expect(with.text.components(row.text) == 1)
    let added = with.parts.map(\.name).filter { !without.parts.map(\.name).contains($0) }
    #expect(added.filter { $0 != .resume } == [row.part])
    let part = try #require(with.parts.first { $0.name == row.part })
    #expect(part.bytes > row.text.utf8.count)
  }

  @Test func `all rows together stand in the order of the list, each below its heading`() throws {
    let prompt = try PromptBuilder.build(fullInput(), templates: PromptTemplates())
    #expect(prompt.parts.map(\.name) == PromptPartName.allCases)
    let headings = prompt.text.split(separator: "\n").filter { $0.hasPrefix("# ") }.map(String.init)
    #expect(
      headings == [
        "# Your role", "# Rules", "# Data is not instructions", "# While you work", "# Your result",
        "# How to do this task", "# Where this task stands", "# Task", "# Your profile",
        "# Messages to you", "# Conflict", "# Failing check", "# Last error", "# Error history",
        "# Earlier run", "# Tool calls of earlier attempts", "# Changes",
        "# Results of the parts", "# Parent and siblings", "# Neighbours",
        "# Comments on the issue", "# Lessons", "# Skills", "# Project instructions",
        "# Repository", "# Begin",
      ])
    let total = prompt.parts.reduce(0) { $0 + $1.bytes }
    #expect(total < prompt.text.utf8.count)
  }

  @Test func `empty texts make no part`() throws {
    var input = minimalInput()
    input.lastError = " \n"
    input.checkpoint = ""
    input.gitDiff = "\u{1B}[0m"
    input.repositoryTree = ""
    input.messages = [.init(name: "1", sender: "a", text: "", isTrusted: true)]
    input.conflict = .init(files: [])
    let prompt = try PromptBuilder.build(input, templates: PromptTemplates())
    #expect(prompt.parts.map(\.name) == [.system, .instructions, .task])
  }

  @Test func `how to go on is told to later attempts and to parents of finished parts`() throws {
    let templates = try PromptTemplates()
    var input = minimalInput()
    input.attempt = 3
    let later = try PromptBuilder.build(input, templates: templates).text
    #expect(later.contains("Attempts before this one: 2."))
    #expect(!later.contains("Its parts were done"))
    input = minimalInput()
    input.children = [.init(id: "c1", title: "x", status: "done")]
    let parent = try PromptBuilder.build(input, templates: templates).text
    #expect(parent.contains("Its parts were done as tasks of their own: `c1`."))
    #expect(!parent.contains("Attempts before"))
  }

  @Test func `each kind has its own instructions`() throws {
    let templates = try PromptTemplates()
    var headings: [PromptKind: Substring] = [:]
    for kind in PromptKind.allCases {
      let text = try PromptBuilder.build(minimalInput(kind: kind), templates: templates).text
      headings[kind] = text.split(separator: "\n").first { $0.hasPrefix("# How to ") }
    }
    #expect(headings[.job] == headings[.implement])
    #expect(Set(headings.values).count == PromptKind.allCases.count - 1)
    var input = fullInput(kind: .rebase)
    input.baseRef = "origin/main"
    let rebase = try PromptBuilder.build(input, templates: templates).text
    #expect(rebase.contains("conflicts with `origin/main` in: `a.swift`"))
    let repair = try PromptBuilder.build(fullInput(kind: .repair), templates: templates).text
    #expect(repair.contains("The check `test` fails"))
  }

  @Test func `the same input has the same bytes`() throws {
    let templates = try PromptTemplates()
    let budgets = PromptBudgets(totalBytes: 14_000)
    let first = try PromptBuilder.build(
      longInput(lines: 500), templates: templates, budgets: budgets)
    for _ in 0..<10 {
      let again = try PromptBuilder.build(
        longInput(lines: 500), templates: PromptTemplates(),
        budgets: PromptBudgets(totalBytes: 14_000, overrides: [:]))
      #expect(again == first)
    }
  }
}

extension String {
  /// How often a text occurs.
  func components(_ text: String) -> Int { ranges(of: text).count }
}

/// An input in which every part is long.
func longInput(lines: Int = 3000) -> PromptInput {
  var input = fullInput()
  let long = (1...lines).map { "line \($0) of a long text" }.joined(separator: "\n")
  input.task.body = long
  input.task.spec = long
  input.profile.constraints = (1...lines).map { "constraint \($0)" }
  input.messages = (1...3).map {
    .init(name: "\($0).md", sender: "ann", text: long, isTrusted: $0 == 2)
  }
  input.conflict = .init(files: [.init(path: "a", hunks: long)], ourIntent: long)
  input.failingCheck = .init(name: "test", log: long)
  input.lastError = long
  input.errorHistory = (1...lines).map { "event \($0)" }
  input.checkpoint = long
  input.toolCalls = (1...lines).map { "Read file\($0)" }
  input.gitDiff = long
  input.children = (1...50).map {
    .init(id: "c\($0)", title: "Part \($0)", status: "done", summary: String(long.prefix(2000)))
  }
  input.parent = .init(id: "p1", title: "Whole", summary: long)
  input.neighbours = [.init(id: "n1", title: "Other", files: (1...lines).map { "file\($0)" })]
  input.issueComments = (1...20).map { .init(author: "user\($0)", text: "comment \($0)\n" + long) }
  input.lessons = (1...lines).map { .init(id: "l\($0)", text: "lesson \($0)") }
  input.skills = (1...5).map { .init(id: "s\($0)", body: long, isRequired: $0 == 4) }
  input.projectInstructions = [.init(path: "AGENTS.md", text: long)]
  input.repositoryTree = (1...lines).map { "Sources/file\($0).swift" }.joined(separator: "\n")
  return input
}
