import Foundation
import JSON
import TestSupport
import Testing

/// `orch serve --webhooks` of a playground, and whoever speaks to it.
struct WebhookListenerProcess {
  /// What was answered.
  struct Answer: Equatable {
    var status: Int
    var text: String

    init(_ status: Int, _ text: String) {
      self.status = status
      self.text = text
    }
  }

  static let secret = "a secret that only GitHub and orch know"
  static let log = "serve.log"

  let hub: GitHubPlayground
  let process: ChildProcess
  /// Where it listens.
  let url: String

  private var scratch: Scratch { hub.scratch }

  /// Starts it, and waits until it listens.
  init(_ hub: GitHubPlayground) async throws {
    self.hub = hub
    let scratch = hub.scratch
    let before = (try? scratch.read(Self.log)) ?? ""
    process = try scratch.start(
      [BuiltProgram.orch, "serve", "--webhooks", "--listen", "127.0.0.1:0"], in: "repo",
      environment: ["ORCH_WEBHOOK_SECRET": Self.secret], log: Self.log)
    var found: Substring?
    _ = try await eventually {
      found = try scratch.read(Self.log).dropFirst(before.count).split(separator: "\n")
        .first { $0.hasPrefix("http://") && $0.hasSuffix("/webhooks/github") }
      return found != nil
    }
    url = String(try #require(found, "\((try? scratch.read(Self.log)) ?? "")"))
  }

  /// Its log.
  func said() throws -> String { try scratch.read(Self.log) }

  /// The signature of a body, by the openssl program.
  func signature(_ body: String, secret: String = secret) throws -> String {
    let digest = try scratch.run(
      ["openssl", "dgst", "-sha256", "-hmac", secret, "-hex"], input: body)
    return "sha256=" + (digest.output.split(whereSeparator: \.isWhitespace).last ?? "")
  }

  /// Sends a body with these headers; the status and what was said.
  func send(
    _ body: String, _ headers: [String: String], method: String = "POST", path: String? = nil
  ) throws -> Answer {
    var words = ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "-X", method]
    words += headers.sorted { $0.key < $1.key }.flatMap { ["-H", "\($0.key): \($0.value)"] }
    let target = path.map { url.replacingOccurrences(of: "/webhooks/github", with: $0) } ?? url
    let answer = try scratch.run(words + ["--data-binary", "@-", target], input: body)
    let lines = answer.output.split(separator: "\n")
    return Answer(lines.last.flatMap { Int($0) } ?? 0, lines.dropLast().joined(separator: "\n"))
  }

  /// Sends a delivery as GitHub does.
  func deliver(
    _ event: String, id: String, repository: String = "acme/demo", secret: String = secret
  ) throws -> Answer {
    let body = #"{"action":"opened","number":1,"repository":{"full_name":"\#(repository)"}}"#
    return try send(
      body + String(repeating: " ", count: id.count),
      headers(
        event, id, try signature(body + String(repeating: " ", count: id.count), secret: secret)))
  }

  /// The headers of a delivery.
  func headers(_ event: String, _ id: String, _ signature: String) -> [String: String] {
    [
      "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": id,
      "X-Hub-Signature-256": signature,
    ]
  }
}
