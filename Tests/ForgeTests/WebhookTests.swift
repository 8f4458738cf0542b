import Foundation
import TestSupport
import Testing

@testable import Forge

@Suite(.timeLimit(.minutes(30))) struct `Webhooks` {
  private static let secret = "It's a Secret to Everybody"

  private func judge() throws -> WebhookJudge {
    WebhookJudge(try #require(WebhookSecret(Self.secret)))
  }

  /// What GitHub sends, signed by the openssl program.
  private func request(
    _ body: String = #"{"action":"opened","repository":{"full_name":"acme/demo"}}"#,
    event: String = "pull_request", id: String = "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    type: String = "application/json", secret: String = secret
  ) -> WebhookRequest {
    let (input, output) = (Pipe(), Pipe())
    let process = try? ChildProcess(
      ["openssl", "dgst", "-sha256", "-hmac", secret, "-hex"], input: .pipe(input),
      output: .pipe(output))
    try? input.fileHandleForWriting.write(contentsOf: Data(body.utf8))
    try? input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process?.waitForEnd()
    let digits = text.split(whereSeparator: \.isWhitespace).last ?? ""
    return WebhookRequest(
      method: "POST", path: "/webhooks/github",
      headers: [
        "content-type": [type], "x-github-event": [event], "x-github-delivery": [id],
        "x-hub-signature-256": ["sha256=\(digits)"], "content-length": ["\(body.utf8.count)"],
      ], body: Array(body.utf8))
  }

  @Test func `are signed as GitHub's own example is`() throws {
    let secret = try #require(WebhookSecret(Self.secret))
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    let body = Array("Hello, World!".utf8)
    #expect(secret.signed(signature, body))
    #expect(secret.signed(signature.uppercased().replacing("SHA256=", with: "sha256="), body))
    for wrong in [
      String(signature.dropLast()), signature + "0", "sha1=757107ea", "", "sha256=",
      signature.replacing("sha256=", with: ""), signature.replacing("7571", with: "7572"),
      signature.replacing("75", with: "+5"), signature.replacing("757107ea", with: "７57107ea"),
    ] {
      #expect(!secret.signed(wrong, body), "\(wrong)")
    }
    #expect(!secret.signed(signature, body + [0x0A]))
  }

  @Test func `are known by a secret that is long enough, and is never printed`() {
    #expect(WebhookSecret("0123456789abcde") == nil)
    #expect(WebhookSecret("  0123456789abcde \n") == nil)
    let secret = WebhookSecret("0123456789abcdef\n")
    #expect(secret != nil)
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret.debugDescription)", String(describing: secret), dumped] {
      #expect(!text.contains("0123456789"), "\(text)")
    }
  }

  @Test
  func `that are signed and about something bring news of where to look, and of nothing else`()
    throws
  {
    let request = request()
    guard case .news(let delivery) = try judge().judge(request) else {
      Testing.Issue.record("\(try judge().judge(request))")
      return
    }
    #expect(delivery.words == "pull_request opened of acme/demo (72d3162e)")
    let form = self.request(
      "payload=%7B%22repository%22%3A+%7B%22full_name%22%3A%22acme%2Fdemo%22%7D%7D", event: "push",
      type: "application/x-www-form-urlencoded; charset=utf-8")
    guard case .news(let push) = try judge().judge(form) else {
      Testing.Issue.record("\(try judge().judge(form))")
      return
    }
    #expect(push.repository == "acme/demo" && push.event == "push" && push.action == nil)
  }

  @Test func `that ask for nothing are taken and ignored`() throws {
    for event in ["ping", "star", "workflow_job"] {
      guard case .ignored = try judge().judge(request(event: event)) else {
        Testing.Issue.record("\(event)")
        continue
      }
    }
  }

  @Test func `that cannot be GitHub's are refused with the status that says why`() throws {
    let judge = try judge()
    var cases: [(String, Int, WebhookRequest)] = []
    func add(_ what: String, _ status: Int, _ change: (inout WebhookRequest) -> Void) {
      var request = request()
      change(&request)
      cases.append((what, status, request))
    }
    add("unsigned", 403) { $0.headers["x-hub-signature-256"] = nil }
    add("signed the old way", 403) {
      $0.headers["x-hub-signature-256"] = nil
      $0.headers["x-hub-signature"] = ["sha1=aa"]
    }
    add("signed twice", 403) { $0.headers["x-hub-signature-256"]?.append("sha256=00") }
    add("another body", 403) { $0.body[0] ^= 1 }
    cases.append(("another secret", 403, request(secret: "another secret of twenty")))
    add("another path", 404) { $0.path = "/" }
    add("another method", 405) { $0.method = "GET" }
    add("announced as too large", 413) { $0.headers["content-length"] = ["6000000"] }
    add("too large", 413) {
      $0.headers["content-length"] = nil
      $0.body = [UInt8](repeating: 32, count: WebhookJudge.maximumBytes + 1)
    }
    add("without a name", 400) { $0.headers["x-github-delivery"] = nil }
    add("with a name of two lines", 400) { $0.headers["x-github-delivery"] = ["a\nb"] }
    add("without an event", 400) { $0.headers["x-github-event"] = nil }
    add("of another type", 415) { $0.headers["content-type"] = ["text/plain"] }
    cases.append(("no JSON", 400, request("{")))
    cases.append(("no object", 400, request("[1]")))
    cases.append(("no payload", 400, request("a=b", type: "application/x-www-form-urlencoded")))
    cases.append(("nested", 400, request(String(repeating: "[", count: 100_000))))
    for (what, status, request) in cases {
      guard case .refused(let reply) = judge.judge(request) else {
        Testing.Issue.record("\(what): \(judge.judge(request))")
        continue
      }
      #expect(reply.status == status, "\(what)")
    }
  }

  @Test func `put no words of strangers into the log`() throws {
    let body = #"{"action":"a\nb","repository":{"full_name":"x\u001b[2J"}}"#
    guard case .news(let delivery) = try judge().judge(request(body)) else {
      Testing.Issue.record("refused")
      return
    }
    #expect(delivery.words == "pull_request (72d3162e)")
  }

  @Test func `are remembered by name and by signature, the last few thousand of them`() {
    var memory = DeliveryMemory()
    let delivery = { (number: Int) in
      let digits = String(number)
      return WebhookDelivery(
        id: "id-\(number)", event: "push",
        code: String(repeating: "0", count: 64 - digits.count) + digits)
    }
    func isNew(_ delivery: WebhookDelivery) -> Bool { memory.see(delivery) }
    #expect(isNew(delivery(0)))
    #expect(!isNew(delivery(0)))
    var renamed = delivery(0)
    renamed.id = "another"
    #expect(!isNew(renamed))
    for number in 1...(DeliveryMemory.capacity + 10) { #expect(isNew(delivery(number))) }
    #expect(memory.count == DeliveryMemory.capacity)
    // Forgotten, and so new.
    #expect(isNew(delivery(0)))
    #expect(!isNew(delivery(DeliveryMemory.capacity + 10)))
    var read = DeliveryMemory(text: "half a li\n" + memory.text + "id-99999 012")
    #expect(read.count == DeliveryMemory.capacity)
    #expect(read.text == memory.text)
    let last = delivery(DeliveryMemory.capacity + 10)
    let isNewAfterReading = read.see(last)
    #expect(!isNewAfterReading)
  }
}
