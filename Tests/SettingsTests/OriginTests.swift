import Foundation
import JSON
import Settings
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `Origins of settings` {
  private func example() throws -> LoadedSettings {
    try load(
      repository: """
        workflow:
          max_attempts: 3
          timeout_seconds: 60
        budget:
          prices:
            gpt-4.1: {input: 2}
        sandbox: container
        checks: [{name: a, command: [x]}]
        """,
      user: """
        workflow:
          max_attempts: 5
          stall_seconds: 60
        agents: {fixer: {command: [x]}}
        """)
  }

  @Test func `a value tells where it came from`() throws {
    let loaded = try example()
    let user = Scratch.current["config.yml"]
    func check(_ key: String, _ value: JSONValue, _ origin: Origin) {
      let found = loaded.value(forKey: key)
      #expect(found?.value == value, "\(key)")
      #expect(found?.origin == origin, "\(key)")
    }
    check("workflow.max_attempts", 3, .repository(file: ".orch.yml", line: 2))
    check("workflow.stall_seconds", 60, .user(file: user, line: 3))
    check("workflow.retry_loop", 3, .standard)
    check("workflow.review_owner", .null, .standard)
    check("workflow.timeout_seconds", 60, .repository(file: ".orch.yml", line: 3))
    check("workflow.timeout_seconds.simple", .null, .standard)
    check("budget.prices.gpt-4.1.input", 2.0, .repository(file: ".orch.yml", line: 6))
    check("budget.prices.gpt-4.1.output", 0.0, .standard)
    check("sandbox", "container", .repository(file: ".orch.yml", line: 7))
    check("sandbox.type", "container", .repository(file: ".orch.yml", line: 7))
    check("model_map.simple", .null, .standard)
    check("agents.fixer.type", "script", .standard)
    check("agents.claude.type", "claude", .standard)
    check("forge.merge", "when-green", .standard)
    #expect(loaded.value(forKey: "checks")?.value.array?.first?["lock"] == "build")
    #expect(loaded.value(forKey: "checks")?.origin == .repository(file: ".orch.yml", line: 8))
    #expect("\(Origin.repository(file: ".orch.yml", line: 2))" == ".orch.yml:2")
    #expect("\(Origin.standard)" == "default")
  }

  @Test func `a map of several places tells each`() throws {
    let loaded = try example()
    let workflow = try #require(loaded.value(forKey: "workflow"))
    #expect(workflow.origin == .several)
    #expect(workflow.value["max_attempts"] == 3)
    let entries = loaded.entries(under: "workflow")
    #expect(entries.first?.key == "workflow.max_attempts")
    #expect(entries.first?.origin == .repository(file: ".orch.yml", line: 2))
    #expect(entries.contains { $0.key == "workflow.retry_loop" && $0.origin == .standard })
    #expect(loaded.value(forKey: "git")?.origin == .standard)
  }

  @Test func `the list of all values has every key of the table once`() throws {
    let keys = try example().all.map(\.key)
    #expect(Set(keys).count == keys.count)
    for row in SettingKey.all where !row.key.contains("<") && !row.key.contains("[]") {
      #expect(keys.contains { $0 == row.key || $0.hasPrefix(row.key + ".") }, "\(row.key)")
    }
    #expect(keys.contains("agents.fixer.command"))
    #expect(keys.contains("agents.codex.model"))
  }

  @Test func `an unknown key is not found and the nearest is named`() throws {
    let loaded = try example()
    for key in ["", ".", "workflow.", "workflow.max", "workflow.max_attempts.x", "checks.0"] {
      #expect(loaded.value(forKey: key) == nil, "\(key)")
      #expect(loaded.entries(under: key).isEmpty)
    }
    #expect(loaded.nearestKey(to: "workflow.max_atempts") == "workflow.max_attempts")
    #expect(loaded.nearestKey(to: "worklow") == "workflow")
    #expect(loaded.nearestKey(to: "max_attempts") == "workflow.max_attempts")
    #expect(loaded.nearestKey(to: "agents.fixr.command") == "agents.fixer.command")
    #expect(loaded.nearestKey(to: "qqqqqqqqqq") == nil)
  }
}
