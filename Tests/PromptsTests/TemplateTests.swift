import JSON
import Testing

@testable import Prompts

struct `Prompt templates` {
  @Test func `the built-in ones use only known variables, and every known variable is used`() throws
  {
    let templates = try PromptTemplates()
    var used: Set<String> = []
    for name in PromptTemplates.Name.allCases where name != .router {
      used.formUnion(templates.variablesUsed(in: name))
    }
    #expect(used == Set(PromptTemplates.variables(of: .task)))
    #expect(templates.variablesUsed(in: .router) == Set(RouterPrompt.variables))
  }

  @Test func `the layout names every part in the order of the list`() throws {
    let text = PromptTemplates.embedded(.task)
    let places = try PromptPartName.allCases.map { part in
      try #require(text.firstRange(of: "{{\(part.rawValue)}}")).lowerBound
    }
    #expect(places == places.sorted())
  }

  @Test(arguments: PromptKind.allCases)
  func `no placeholder is left in a finished prompt`(kind: PromptKind) throws {
    for input in [minimalInput(kind: kind), fullInput(kind: kind)] {
      let prompt = try PromptBuilder.build(input, templates: PromptTemplates())
      #expect(!prompt.text.contains("{{"))
      #expect(!prompt.text.contains("}}\n\n"))
      #expect(!prompt.text.contains("\n\n\n"))
      #expect(!prompt.text.replacing("```", with: "").contains("``"))
    }
  }

  @Test func `a file of the repository takes the place of a built-in one`() throws {
    let templates = try PromptTemplates(overrides: ["implement.md": "# Ours\n\nOn {{branch}}."])
    let prompt = try PromptBuilder.build(minimalInput(), templates: templates)
    #expect(prompt.text.contains("# Ours\n\nOn orch/a3b2c4."))
    #expect(!prompt.text.contains("# How to do this task"))
  }

  @Test func `parts that an own layout does not name come after it`() throws {
    let templates = try PromptTemplates(overrides: ["task.md": "First {{task}}\n\n{{system}}"])
    let prompt = try PromptBuilder.build(fullInput(), templates: templates)
    #expect(prompt.text.hasPrefix("First # Task"))
    for row in rows { #expect(prompt.text.contains(row.text), "\(row.part)") }
  }

  @Test func `everything that is wrong is reported with file and line`() throws {
    let error = #expect(throws: PromptError.self) {
      _ = try PromptTemplates(overrides: [
        "system.md": "fine\n\n{{ brnch }} and {{branch}}\n{{task",
        "repair.md": "a {{lessons}} b",
        "sytem.md": "x",
        "README.md": "{{anything",
        "spec.md": String(repeating: "x", count: PromptTemplates.maximumBytes + 1),
      ])
    }
    guard case .templates(let problems) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.count == 5)
    let places = problems.map { "\($0.file):\($0.line ?? 0)" }
    #expect(places == ["sytem.md:0", "system.md:3", "system.md:4", "spec.md:0", "repair.md:1"])
    let text = problems.map(\.description)
    #expect(
      text[1].hasPrefix("prompt template 'system.md' line 3: unknown variable 'brnch'; known"))
    #expect(
      text[2] == "prompt template 'system.md' line 4: '{{' is not closed by '}}' on the same line")
    #expect(text[4].contains("unknown variable 'lessons'"))
  }

  @Test(arguments: ["{{", "{{}", "{{a {{branch}}", "x {{branch}\n}}"])
  func `an unclosed placeholder is found`(text: String) {
    #expect(throws: PromptError.self) { _ = try PromptTemplates(overrides: ["spec.md": text]) }
  }

  @Test func `escaped braces and braces of values stay as they are`() throws {
    let templates = try PromptTemplates(overrides: ["implement.md": #"a \{{x}} {{ branch }} }}"#])
    var input = minimalInput()
    input.task.body = "{{system}} {{unknown}} {{"
    let prompt = try PromptBuilder.build(input, templates: templates)
    #expect(prompt.text.contains("a {{x}} orch/a3b2c4 }}"))
    #expect(prompt.text.contains("{{system}} {{unknown}} {{"))
  }

  @Test func `a paragraph whose variables are empty is left out`() throws {
    var input = minimalInput()
    let templates = try PromptTemplates()
    #expect(try !PromptBuilder.build(input, templates: templates).text.contains("is linked"))
    #expect(try !PromptBuilder.build(input, templates: templates).text.contains("Required skills:"))
    input.task.issue = 7
    input.skills = [.init(id: "testing", body: "x", isRequired: true), .init(id: "b", body: "y")]
    let text = try PromptBuilder.build(input, templates: templates).text
    #expect(text.contains("Issue #7 is linked: name it in commit messages as `#7`"))
    #expect(text.contains("Required skills: `testing`."))
    #expect(text.contains("## testing [REQUIRED]"))
    #expect(text.contains("## b\n"))
  }

  @Test func `the result's schema has the members of the contract`() throws {
    let schema = try JSONValue(parsing: PromptTemplates.outputSchema)
    let members = try #require(schema["properties"]?.object)
    #expect(
      Set(members.keys) == [
        "status", "summary", "reason", "accomplished", "remaining", "blockers", "files_changed",
        "needs_help", "given_up", "delegations",
      ])
    #expect(
      members["status"]?["enum"]?.strings == ["done", "in_progress", "blocked", "needs_review"])
    let delegation = try #require(members["delegations"]?["items"]?["properties"]?.object)
    #expect(Set(delegation.keys) == ["title", "body", "labels", "suggested_agent"])
    let text = try PromptBuilder.build(minimalInput(), templates: PromptTemplates()).text
    #expect(text.contains(PromptTemplates.outputSchema))
  }

  @Test func `the rules are in every prompt`() throws {
    for kind in PromptKind.allCases {
      let text = try PromptBuilder.build(minimalInput(kind: kind), templates: PromptTemplates())
        .text
      for rule in [
        "Never run `rm`; use `trash`", "never on `main`", "no worktrees", "Do not push",
        "Stay in the worktree", "cheapest model", "checkpoint.md", "orch ask", "orch report",
        ".orchestrator/output-a3b2c4.json", "Small commits",
      ] {
        #expect(text.contains(rule), "\(kind) \(rule)")
      }
    }
  }

  @Test(arguments: PromptTemplates.Name.allCases)
  func `a template is compact`(name: PromptTemplates.Name) {
    #expect(PromptTemplates.embedded(name).utf8.count < 6000)
  }
}
