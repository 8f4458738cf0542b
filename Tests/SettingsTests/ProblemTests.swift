import Foundation
import JSON
import Settings
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `Problems in settings` {
  @Test func `an unknown key names the nearest one with file and line`() throws {
    let found = try messages("# comment\nworkflow:\n  max_atempts: 3\n")
    #expect(
      found == [
        "unknown key 'workflow.max_atempts' in .orch.yml line 3: "
          + "did you mean 'workflow.max_attempts'?"
      ])
  }

  @Test(arguments: [
    ("worflow: {max_attempts: 3}", "workflow"),
    ("max_attempts: 3", "workflow.max_attempts"),
    ("agents: {claude: {modle: x}}", "agents.claude.model"),
    ("checks: [{name: a, command: b, timout_seconds: 3}]", "checks[0].timeout_seconds"),
    ("workflow: {maxAttempts: 3}", "workflow.max_attempts"),
    ("router: {merge_method: squash}", "forge.merge_method"),
    ("workflow: {timeout_seconds: {smple: 3}}", "workflow.timeout_seconds.simple"),
    ("prompts: {bytes: {gitdiff: 3}}", "prompts.bytes.git_diff"),
    ("budget: {prices: {m: {inputs: 3}}}", "budget.prices.m.input"),
  ])
  func `the suggestion is a full key`(text: String, suggestion: String) throws {
    let found = try messages(text)
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix("did you mean '\(suggestion)'?") == true, "\(found)")
  }

  @Test func `a key that resembles nothing has no suggestion`() throws {
    #expect(try messages("zzzzqqq: 1") == ["unknown key 'zzzzqqq' in .orch.yml line 1"])
  }

  @Test(arguments: [
    (
      "workflow: {max_attempts: many}",
      "key 'workflow.max_attempts' in .orch.yml line 1 is the text 'many', "
        + "expected a whole number from 1 to 1000"
    ),
    (
      "workflow: {max_attempts: 0}",
      "key 'workflow.max_attempts' in .orch.yml line 1 is the number 0, "
        + "expected a whole number from 1 to 1000"
    ),
    (
      "workflow: {max_attempts: 99999999999999999999}",
      "key 'workflow.max_attempts' in .orch.yml line 1 is the number 99999999999999999999, "
        + "expected a whole number from 1 to 1000"
    ),
    (
      "workflow: {max_attempts: '3'}",
      "key 'workflow.max_attempts' in .orch.yml line 1 is the text '3', "
        + "expected a whole number from 1 to 1000"
    ),
    (
      "workflow: [1]",
      "key 'workflow' in .orch.yml line 1 is a list, expected a map of keys"
    ),
    ("workflow: 3", "key 'workflow' in .orch.yml line 1 is the number 3, expected a map of keys"),
    (
      "workflow: {auto_approve: maybe}",
      "key 'workflow.auto_approve' in .orch.yml line 1 is the text 'maybe', expected true or false"
    ),
    (
      "git: {name: 42}",
      "key 'git.name' in .orch.yml line 1 is the number 42, expected a text (put it in quotes)"
    ),
    (
      "checks: make", "key 'checks' in .orch.yml line 1 is the text 'make', expected a list of maps"
    ),
    (
      "checks: [make]",
      "key 'checks[0]' in .orch.yml line 1 is the text 'make', expected a map of keys"
    ),
    (
      "router: {mode: lmm}",
      "key 'router.mode' in .orch.yml line 1: found the text 'lmm', "
        + "expected one of llm, round_robin: did you mean 'llm'?"
    ),
    (
      "sandbox: [a]",
      "key 'sandbox' in .orch.yml line 1 is a list, "
        + "expected one of none, bubblewrap, container, or a map of keys"
    ),
    (
      "locks: {gpu: two}",
      "key 'locks.gpu' in .orch.yml line 1 is the text 'two', "
        + "expected a whole number from 1 to 1000"
    ),
    (
      "worktrees: {setup: {a: b}}",
      "key 'worktrees.setup' in .orch.yml line 1 is a map, expected a list of texts"
    ),
    (
      "worktrees: {setup: [[a]]}",
      "key 'worktrees.setup[0]' in .orch.yml line 1 is a list, expected a text"
    ),
    (
      "budget: {usd_per_day: -1}",
      "key 'budget.usd_per_day' in .orch.yml line 1 is the number -1, expected a number of at least 0"
    ),
    (
      "budget: {usd_per_day: .inf}",
      "key 'budget.usd_per_day' in .orch.yml line 1 is the text '.inf', "
        + "expected a number of at least 0"
    ),
  ])
  func `a wrong type tells key, place, found and expected`(text: String, message: String) throws {
    #expect(try messages(text) == [message])
  }

  @Test(arguments: [
    ("agents: {fast: {model: x}}", "key 'agents.fast.type' is missing in .orch.yml line 1"),
    ("agents: {script: {model: x}}", "key 'agents.script.command' is missing in .orch.yml line 1"),
    ("agents:\n  s:\n    type: script\n", "key 'agents.s.command' is missing in .orch.yml line 3"),
    ("agents: {a/b: {type: claude}}", "name 'agents.a/b' in .orch.yml line 1 cannot be used"),
    ("agents: {-x: {type: claude}}", "name 'agents.-x' in .orch.yml line 1 cannot be used"),
    ("locks: {../x: 1}", "name 'locks.../x' in .orch.yml line 1 cannot be used"),
    ("checks:\n  - command: x\n", "key 'checks[0].name' is missing in .orch.yml line 2"),
    ("checks: [{name: a}]", "key 'checks[0].command' is missing in .orch.yml line 1"),
    (
      "checks: [{name: a, command: x}, {name: a, command: y}]",
      "key 'checks' in .orch.yml line 1: two are named 'a'"
    ),
    (
      "forge: {repository: name}",
      "key 'forge.repository' in .orch.yml line 1: "
        + "found 'name', expected owner and name: 'owner/name'"
    ),
    (
      "worktrees: {copy: [.env, ../secret]}",
      "key 'worktrees.copy' in .orch.yml line 1: '../secret' is not a path inside the repository"
    ),
    (
      "worktrees: {root: ./trees}",
      "key 'worktrees.root' in .orch.yml line 1: './trees' is not a whole path: begin it with '/' or '~/'"
    ),
    (
      "router:\n  fallback_executor: codx\n",
      "key 'router.fallback_executor' in .orch.yml line 2: "
        + "there is no agent 'codx': did you mean 'codex'?"
    ),
    (
      "git: {email: 'a<b'}",
      "key 'git.email' in .orch.yml line 1: git cannot store 'a<b' as an identity"
    ),
    (
      "git: {name: \"a\\0b\"}",
      "key 'git.name' in .orch.yml line 1: the text has control characters"
    ),
    ("jobs: {x: {title: y}}", "key 'jobs.x.schedule' is missing in .orch.yml line 1"),
    ("jobs: {x: {schedule: '@daily'}}", "key 'jobs.x.title' is missing in .orch.yml line 1"),
  ])
  func `what is of the right type and makes no sense is named`(
    text: String, message: String
  ) throws {
    #expect(try messages(text) == [message])
  }

  @Test func `everything that is wrong in both files comes at once`() throws {
    let error = #expect(throws: SettingsError.self) {
      _ = try load(
        repository: "workflow:\n  max_atempts: 3\n  auto_approve: 7\nrooter: {}\n",
        user: "git:\n  nam: x\n")
    }
    let problems = try #require(error?.problems)
    #expect(
      problems.map(\.key) == [
        "git.nam", "workflow.max_atempts", "workflow.auto_approve",
        "rooter",
      ])
    #expect(problems.map(\.line) == [2, 2, 3, 4])
    #expect(problems[0].file == Scratch.current["config.yml"])
    #expect(problems[1].file == ".orch.yml")
  }

  @Test func `a syntax error names its line`() throws {
    for (text, line) in [
      ("a: b\nc: [1, 2\n", 3), ("workflow:\n\tmax_attempts: 3\n", 2), ("a: 'b\n\n", 3),
      ("git: {name: a}\ngit: {name: b}\n", 1), ("a: *nowhere\n", 1), ("a: 1\n\u{1}\n", 2),
      ("a: 1\n---\nb: 2\n", 2), ("<<: 3\n", 1), ("[1]: 3\n", 1),
    ] {
      let error = #expect(throws: SettingsError.self, "\(text)") { _ = try load(repository: text) }
      let problem = try #require(error?.problems.first)
      #expect(error?.problems.count == 1)
      #expect(problem.line == line, "\(text) \(problem)")
      guard case .syntax = problem.reason else {
        Issue.record("\(problem)")
        continue
      }
      #expect(problem.description.hasPrefix(".orch.yml line \(line) is not valid YAML: "))
    }
  }

  @Test func `a document that is no map is refused`() throws {
    #expect(
      try messages("just text") == [
        ".orch.yml line 1 is not valid YAML: "
          + "expected a map of keys at the top, found the text 'just text'"
      ])
    #expect(try messages("- a\n").count == 1)
  }

  @Test func `a directory in the file's place is refused`() throws {
    try Scratch.current.write("project/.orch.yml/x", "")
    let error = #expect(throws: SettingsError.self) { _ = try load() }
    #expect(error?.description == "'.orch.yml' cannot be read: it is a directory")
  }

  @Test func `a pipe in the file's place is refused and not waited for`() throws {
    let scratch = Scratch.current
    try scratch.write("project/x", "")
    _ = try scratch.run(["mkfifo", scratch["project/.orch.yml"]])
    let error = #expect(throws: SettingsError.self) { _ = try load() }
    #expect(error?.description == "'.orch.yml' cannot be read: it is not a file")
  }

  @Test func `bytes that are not UTF-8 are refused with their line`() throws {
    let scratch = Scratch.current
    let file = try scratch.write("project/.orch.yml", "")
    try Data([0x61, 0x3A, 0x0A, 0x0A, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: SettingsError.self) { _ = try load() }
    #expect(error?.description == ".orch.yml line 3 is not UTF-8")
  }

  @Test func `the file's size has a bound that is exact`() throws {
    let limit = 1 << 20
    let comment = "#" + String(repeating: "x", count: limit - 1)
    #expect(try messages(comment).isEmpty)
    #expect(try messages(comment + "x") == ["'.orch.yml' is larger than \(limit) bytes"])
  }

  @Test func `aliases cannot make a small file huge`() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(try messages(text) == [".orch.yml holds more than 20000 values"])
  }

  @Test func `deep nesting is refused`() throws {
    #expect(try messages("a: " + String(repeating: "[", count: 100_000)).count == 1)
    let nested = "a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(try messages(nested) == [".orch.yml line 1 holds more than 32 levels"])
  }

  @Test func `the number of problems that are reported has a bound`() throws {
    let text = (0..<500).map { "unknown\($0): 1\n" }.joined()
    #expect(try messages(text).count == 100)
  }
}
