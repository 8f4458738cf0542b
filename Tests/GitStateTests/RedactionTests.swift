import Foundation
import Git2
import GitState
import JSON
import Redaction
import TestSupport
import Testing

@Suite(.scratch) struct `Secrets and the state` {
  private static let token = "ghp" + "_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"

  @Test func `no object of the repository holds a secret, in whatever part it came`() async throws {
    let scratch = Scratch.current
    let path = try scratch.repository()
    var random = SeededRandom(seed: 1)
    let clock = SteppingClock()
    let redactor = Redactor(values: ["my own secret value"])
    let store = try StateStore(
      at: path, hostName: "test",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { clock.next() }, redact: { redactor.redact($0) }, using: &random)
    try await store.initialise()
    let key = try task("aabbccddeeff")
    let token = Self.token
    _ = try await store.write(
      Decision(reading: [key]) { _ in
        [
          Change(
            key: key,
            event: EventDraft(
              kind: "task.created", author: "it was \(token)",
              operations: [
                .set("title", .string("use \(token)")), .add("labels", "x-\(token)"),
                .set("password", "Zu9kk22!q"), .set("cost", 12345678),
                .set("nested", ["list": [.string("my own secret value"), 7]]),
              ], message: "said my own secret value"),
            note: CommitNote(
              verb: "new", title: "use \(token)", detail: token, body: "a\n\(token)\nb",
              trailers: [.init("Orch-Agent", token)]),
            files: [.init(path: ["spec", "1-test.md"], bytes: Array("a \(token)\n".utf8))])
        ]
      })
    let ids = try scratch.git("cat-file", "--batch-all-objects", "--batch-check", in: "repo")
    for line in ids.split(separator: "\n") {
      let id = String(line.prefix(40))
      let content = try scratch.git("cat-file", "-p", id, in: "repo")
      for secret in [token, "my own secret value", "Zu9kk22!q"] {
        #expect(!content.contains(secret), "\(line): \(content)")
      }
    }
    let record = try await store.read { state, repository in
      try state.record(key, in: repository)
    }
    let found = try #require(record)
    #expect(found.fields["title"]?.string == "use [redacted:github-token]")
    #expect(found.fields["password"]?.string == "[redacted:password]")
    #expect(found.fields["cost"]?.int == 12_345_678)
    #expect(found.fields["nested"]?["list"]?.array == ["[redacted:known]", 7])
  }
}
