import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Orders on GitHub` {
  let scratch = Scratch.current

  private func first(_ state: JSONValue) -> JSONValue? { state["pulls"]?.array?.first }

  private func status(_ hub: GitHubPlayground) -> String? {
    (try? hub.play.tasks().first?["status"])?.string
  }

  /// A task whose pull request waits for an approval, with `orch run` beside it.
  private func waiting(_ hub: GitHubPlayground) async throws -> (run: ChildProcess, pull: JSONValue)
  {
    try hub.play.ok("task", "add", "Work", "--quiet")
    let run = try hub.play.start(["run"])
    try await hub.wait(for: "the checks") { first($0)?["checks"]?.strings == ["SUCCESS"] }
    return (run, try hub.pulls().first?["number"] ?? 0)
  }

  private func allow(_ hub: GitHubPlayground, _ names: String) throws {
    let common = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", common + "  allowed: \(names)\n")
  }

  /// Waits until a comment was read, which is when one after it is obeyed.
  private func isRead(_ hub: GitHubPlayground, _ pull: JSONValue) async throws {
    try hub.control(["op": "comment", "number": pull, "body": "@orch go on", "author": "olga"])
    #expect(
      await eventually(within: 60) {
        (try? hub.play.ok("msg", "list", "--json").contains("go on")) == true
      })
  }

  @Test func `an order in a review is obeyed`() async throws {
    let hub = try GitHubPlayground(ci: "true", merge: "when-approved")
    defer { hub.stop() }
    let (run, pull) = try await waiting(hub)
    defer { run.terminate() }
    // What is ready says whom it waits for.
    let isSaid = await eventually(within: 60) {
      (try? hub.play.ok("pr", "show", "#\(pull.int ?? 0)"))?
        .contains("a person's approval ('forge.merge: when-approved')") == true
    }
    #expect(isSaid)
    try hub.control(["op": "review", "pull": pull, "body": "> /approve\n\n/approve"])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `an order in a review's thread is obeyed`() async throws {
    let hub = try GitHubPlayground(ci: "true", merge: "when-approved")
    defer { hub.stop() }
    let (run, pull) = try await waiting(hub)
    defer { run.terminate() }
    try hub.control([
      "op": "review", "pull": pull, "path": "README.md", "line": 1, "remark": "/cancel",
    ])
    #expect(await eventually(within: 60) { status(hub) == "cancelled" })
    try await hub.wait(for: "the end") { first($0)?["state"] == "CLOSED" }
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test
  func `whoever was invited to read orders nothing, and an approval of theirs merges nothing`()
    async throws
  {
    let hub = try GitHubPlayground(ci: "true", merge: "when-approved")
    defer { hub.stop() }
    try hub.control(["op": "permission", "login": "ann", "permission": "read"])
    let (run, pull) = try await waiting(hub)
    defer { run.terminate() }
    for association in ["COLLABORATOR", "MEMBER"] {
      try hub.control([
        "op": "comment", "number": pull, "body": "/approve", "association": .string(association),
      ])
    }
    try hub.control(["op": "review", "pull": pull, "state": "APPROVED", "body": "/cancel"])
    try await isRead(hub, pull)
    #expect(try hub.pulls().first?["state"] == "OPEN")
    #expect(status(hub) == "in_review")
    try hub.control(["op": "review", "pull": pull, "state": "APPROVED", "author": "bob"])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `only those whom the settings name give orders`() async throws {
    let hub = try GitHubPlayground(ci: "true", merge: "when-approved")
    defer { hub.stop() }
    try allow(hub, "[\"@Olga\"]")
    let (run, pull) = try await waiting(hub)
    defer { run.terminate() }
    try hub.control([
      "op": "comment", "number": pull, "body": "/approve", "association": "OWNER",
    ])
    try await isRead(hub, pull)
    #expect(try hub.pulls().first?["state"] == "OPEN")
    // Who is named needs no other word of the forge.
    try hub.control([
      "op": "comment", "number": pull, "body": "/approve", "author": "olga", "association": "NONE",
    ])
    try await hub.wait(for: "the merge") { first($0)?["state"] == "MERGED" }
    #expect(try hub.state()["problems"]?.strings == [])
  }
}
