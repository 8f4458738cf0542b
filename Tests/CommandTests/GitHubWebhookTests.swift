import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Webhooks of GitHub` {
  let scratch = Scratch.current

  private func tell(
    _ hub: GitHubPlayground, _ listener: WebhookListenerProcess, _ mode: String, isForm: Bool
  ) throws {
    try hub.control([
      "op": "webhooks", "url": .string(listener.url), "mode": .string(mode),
      "secret": .string(WebhookListenerProcess.secret), "form": .bool(isForm),
    ])
  }

  @Test(
    arguments: [
      ("once", false), ("twice", true), ("shuffled", false), ("never", false),
    ] as [(String, Bool)])
  func `lead to the same end, delivered once, twice, out of order or never`(
    mode: String, isForm: Bool
  ) async throws {
    // Nobody asks GitHub by itself within this time, but where no webhook ever comes.
    let hub = try GitHubPlayground(ci: "true", lookSeconds: mode == "never" ? 1 : 3600)
    defer { hub.stop() }
    try hub.takeIssues()
    let listener = try await WebhookListenerProcess(hub)
    defer { listener.process.terminate() }
    try tell(hub, listener, mode, isForm: isForm)
    let run = try hub.play.start(["run"])
    defer { run.terminate() }
    // The first look is over when the label comes: only a webhook tells of it.
    #expect(try await eventually { try hub.state()["requests"]?.int ?? 0 >= 2 })
    try hub.issue("Paint", labels: ["orch"])
    try await hub.wait(for: "the merge") { state in
      // What is held back comes with what happens next.
      if mode == "shuffled" { try hub.issue("Noise") }
      return state["pulls"]?.array?.first?["state"] == "MERGED"
    }
    #expect(
      try await eventually {
        if mode == "shuffled" { try hub.issue("Noise") }
        return try hub.play.tasks().map { $0["status"]?.string } == ["done"]
      })
    let state = try hub.state()
    #expect(state["pulls"]?.array?.count == 1)
    #expect(state["problems"]?.strings == [])
    let sent = state["webhooks"]?.strings ?? []
    #expect(sent.isEmpty == (mode == "never"))
    #expect(sent.allSatisfy { $0.hasSuffix(" 202") || $0.hasSuffix(" 200") }, "\(sent)")
    #expect(sent.contains { $0.hasSuffix(" 200") } == (mode == "twice"), "\(sent)")
  }

  @Test func `that are not GitHub's, or were here before, are told of in a line and wake nobody`()
    async throws
  {
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    var listener = try await WebhookListenerProcess(hub)
    defer { listener.process.terminate() }
    let body = #"{"repository":{"full_name":"acme/demo"}}"#
    let right = try listener.signature(body)
    var unsigned = listener.headers("push", "one", right)
    unsigned["X-Hub-Signature-256"] = nil
    #expect(try listener.send(body, unsigned).status == 403)
    let wrong = try listener.deliver("push", id: "two", secret: "another secret of twenty")
    #expect(wrong.status == 403)
    let large = String(repeating: "x", count: 6_000_000)
    let sized = try listener.send(large, listener.headers("push", "three", right))
    #expect(sized.status == 413)
    let piecemeal = listener.headers("push", "three", right)
      .merging(["Transfer-Encoding": "chunked"]) { $1 }
    #expect(try listener.send(large, piecemeal).status == 413)
    #expect(try listener.send("", [:], method: "GET").status == 405)
    #expect(try listener.send(body, unsigned, path: "/").status == 404)
    #expect(
      try listener.send("{", listener.headers("push", "x", listener.signature("{"))).status == 400)

    #expect(try listener.deliver("ping", id: "four") == .init(200, "ignored: it works"))
    #expect(
      try listener.deliver("star", id: "five") == .init(200, "ignored: nothing depends on it"))
    let other = try listener.deliver("push", id: "sixth", repository: "acme/other")
    #expect(other == .init(200, "ignored: it is of another repository"))
    let first = try listener.deliver("push", id: "sevenths")
    #expect(first == .init(202, "no orchestrator runs there to look"))
    #expect(
      try listener.deliver("push", id: "sevenths") == .init(200, "ignored: it was seen before"))
    // A copy under another name of the same length has the same body and signature.
    #expect(
      try listener.deliver("push", id: "another8") == .init(200, "ignored: it was seen before"))

    // Nothing of it is forgotten with the process.
    kill(listener.process.processIdentifier, SIGKILL)
    listener.process.waitForEnd()
    listener = try await WebhookListenerProcess(hub)
    #expect(
      try listener.deliver("push", id: "sevenths") == .init(200, "ignored: it was seen before"))
    #expect(try listener.deliver("push", id: "ninth").status == 202)

    let said = try listener.said()
    for line in [
      "webhook refused (403) from 127.0.0.1: not signed", "webhook refused (413) from 127.0.0.1",
      "webhook refused (405)", "webhook refused (404)", "webhook refused (400)",
      "webhook: ping opened of acme/demo (four): ignored, it works",
      "webhook: push opened of acme/demo (sevenths): no orchestrator runs there to look",
      "webhook: push opened of acme/demo (sevenths): ignored, it was seen before",
    ] {
      #expect(said.contains(line), "\(line)\n\(said)")
    }
    #expect(!said.contains(WebhookListenerProcess.secret))
    // Refusals of one kind fill no log.
    #expect(said.components(separatedBy: "webhook refused (403)").count == 2, "\(said)")
  }

  @Test func `need a secret, and a repository on GitHub`() throws {
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    let bare = try hub.play.orch("serve", "--webhooks")
    #expect(bare.exitCode == 1)
    #expect(bare.errorOutput.contains("openssl rand -hex 32"), "\(bare.errorOutput)")
    try scratch.write("secret", "short\n")
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml", settings + "\n  webhooks:\n    secret_file: \(scratch["secret"])\n")
    let short = try hub.play.orch("serve", "--webhooks")
    #expect(short.errorOutput.contains("shorter than 16 characters"), "\(short.errorOutput)")
    #expect(short.errorOutput.contains("can be read by other users"), "\(short.errorOutput)")
    try scratch.write("secret", WebhookListenerProcess.secret + "\n")
    let busy = try CannedServer { _ in nil }
    let taken = try hub.play.orch("serve", "--webhooks", "--listen", "127.0.0.1:\(busy.port)")
    #expect(taken.exitCode == 1)
    #expect(taken.errorOutput.contains("cannot listen on 127.0.0.1:\(busy.port)"))
    #expect(try hub.play.orch("serve").exitCode == 64)
    #expect(try hub.play.orch("serve", "--webhooks", "--listen", "here").exitCode == 1)
    try scratch.write(
      "repo/.orch.yml", settings.replacingOccurrences(of: "type: github", with: "type: local"))
    let local = try hub.play.orch("serve", "--webhooks")
    #expect(local.errorOutput.contains("not on GitHub") || local.errorOutput.contains("secret"))
  }
}
