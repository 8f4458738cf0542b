import Prompts
import Testing

struct `Routing` {
  private let agents = ["claude", "codex"]

  @Test func `the question holds the task as data, the agents, the tiers and the skills`() throws {
    let text = RouterPrompt.build(
      task: .init(title: "Fix it", body: "In the parser.", labels: ["bug"]), kind: .repair,
      agents: [.init(name: "claude", note: "82 % at first"), .init(name: "codex")],
      tiers: [
        .init(name: "simple", models: ["claude": "haiku", "other": "x"]),
        .init(name: "complex", models: [:]),
      ],
      skills: [.parse("---\nname: t\ndescription: How to test\n---\nbody", id: "testing")],
      templates: try PromptTemplates())
    #expect(text.contains("Fix it\n\nKind: repair\n\nLabels: bug\n\nIn the parser."))
    #expect(text.contains("- `claude`: 82 % at first\n- `codex`"))
    #expect(text.contains("exactly one of: `claude`, `codex`."))
    #expect(text.contains("- simple: claude: `haiku`\n"))
    #expect(!text.contains("- complex") && !text.contains("other"))
    #expect(text.contains("- `testing`: How to test"))
    #expect(!text.contains("{{") && text.contains("=== begin data "))
  }

  @Test func `a long task is cut and empty lists leave no heading`() throws {
    let text = RouterPrompt.build(
      task: .init(title: "x", body: String(repeating: "long ", count: 10_000)), kind: .implement,
      agents: [.init(name: "claude")], templates: try PromptTemplates())
    #expect(text.utf8.count < 12_000)
    #expect(!text.contains("# Skills") && !text.contains("# Models"))
  }

  @Test func `a full answer is read`() throws {
    let answer = try RouterAnswer.parse(
      """
      {"executor": "codex", "model": "fast", "reason": "Small.", "extra": {"a": 1},
       "profile": {"role": "engineer", "skills": ["a", "b"], "tools": ["make"], "constraints": []},
       "skills": ["testing"]}
      """, allowedAgents: agents)
    #expect(answer.executor == "codex")
    #expect(answer.model == "fast")
    #expect(answer.reason == "Small.")
    #expect(answer.profile == PromptProfile(role: "engineer", skills: ["a", "b"], tools: ["make"]))
    #expect(answer.skills == ["testing"])
  }

  @Test(arguments: [
    #"{"executor": "codex"}"#,
    #"{"executor": "codex", "model": null, "profile": null, "skills": null, "reason": null}"#,
    "Sure! {not json} Here:\n```json\n{\"executor\": \"codex\"}\n```\nHope {that} helps.",
    #"{"thought": "claude?"} then {"executor": "claude"} no: {"executor": "codex", "model": ""}"#,
    #"x {"executor": "codex", "reason": "a } and \" {"} y"#,
  ])
  func `little suffices, and text around it does not matter`(text: String) throws {
    let answer = try RouterAnswer.parse(text, allowedAgents: agents)
    #expect(answer.executor == "codex")
    #expect(answer.model == nil)
    #expect(answer.skills.isEmpty)
  }

  @Test(arguments: [
    ("", RouterAnswerError.noAnswer), ("I choose codex.", .noAnswer), ("{", .noAnswer),
    ("[1]", .noAnswer), (#"{"agent": "codex"}"#, .noAnswer),
    (String(repeating: "{", count: 1000), .noAnswer),
    (#"{"executor": 3}"#, .wrongType(member: "executor", expected: "a text")),
    (#"{"executor": null}"#, .wrongType(member: "executor", expected: "a text")),
    (#"{"executor": "gemini"}"#, .unknownAgent(name: "gemini", allowed: ["claude", "codex"])),
    (#"{"executor": "codex", "model": 4}"#, .wrongType(member: "model", expected: "a text")),
    (
      #"{"executor": "codex", "model": "a b"}"#,
      .wrongType(member: "model", expected: "the name of a model, or null")
    ),
    (
      #"{"executor": "codex", "skills": "a"}"#,
      .wrongType(member: "skills", expected: "a list of texts")
    ),
    (
      #"{"executor": "codex", "profile": {"tools": [1]}}"#,
      .wrongType(member: "profile.tools", expected: "a list of texts")
    ),
    (
      #"{"executor": "codex", "profile": []}"#, .wrongType(member: "profile", expected: "an object")
    ),
  ])
  func `an answer that cannot be used says why`(text: String, error: RouterAnswerError) {
    #expect(throws: error) { _ = try RouterAnswer.parse(text, allowedAgents: agents) }
    #expect(!error.description.isEmpty)
  }

  @Test func `texts and lists of an answer have bounds`() throws {
    let long = String(repeating: "x", count: 10_000)
    let list = Array(repeating: "\"\(long)\"", count: 30).joined(separator: ",")
    let answer = try RouterAnswer.parse(
      #"{"executor": "codex", "reason": "\#(long)", "skills": []}"#, allowedAgents: agents)
    #expect(answer.reason.count == RouterAnswer.maximumTextLength)
    let small = Array(repeating: "\"x\"", count: 30).joined(separator: ",")
    let many = try RouterAnswer.parse(
      #"{"executor": "codex", "skills": [\#(small)]}"#, allowedAgents: agents)
    #expect(many.skills.count == RouterAnswer.maximumListLength)
    #expect(throws: RouterAnswerError.tooLarge(limit: RouterAnswer.maximumBytes)) {
      _ = try RouterAnswer.parse("{\"executor\": [\(list)]}", allowedAgents: agents)
    }
  }
}

struct `Skill files` {
  @Test func `name, description and text are read`() {
    let skill = SkillFile.parse(
      "---\nname: Testing\ndescription: \"How: to test\"\nother: x\n---\n\n# Test\n\nBody\n",
      id: "t")
    #expect(skill.id == "t")
    #expect(skill.name == "Testing")
    #expect(skill.description == "How: to test")
    #expect(skill.body == "# Test\n\nBody")
  }

  @Test func `a description may be a block or go on in the next line`() {
    let folded = SkillFile.parse("---\ndescription: >\n  one\n  two\nname: x\n---\nb", id: "t")
    #expect(folded.description == "one two" && folded.name == "x")
    let plain = SkillFile.parse("---\ndescription: one\n  two\n---\nb", id: "t")
    #expect(plain.description == "one two")
  }

  @Test(arguments: ["just text", "---\nname: x\nnever closed", "", "--- \nname: x\n---\n"])
  func `a file without front matter is all text`(text: String) {
    let skill = SkillFile.parse(text, id: "t")
    #expect(skill.name == "t" && skill.description.isEmpty)
    #expect(skill.body == text.trimmingSuffix(while: \.isWhitespace))
  }

  @Test func `line ends of other systems are understood`() {
    #expect(SkillFile.parse("---\r\nname: x\r\n---\r\nbody\r\n", id: "t").body == "body")
  }

  @Test func `the size has a bound`() {
    let skill = SkillFile.parse(String(repeating: "x", count: 1 << 20), id: "t")
    #expect(skill.body.utf8.count == SkillFile.maximumBytes)
  }
}

extension String {
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, matches(last) { text.removeLast() }
    return String(text)
  }
}
