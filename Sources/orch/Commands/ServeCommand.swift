internal import ArgumentParser
internal import Forge
internal import GitState
internal import JSON
internal import Settings

/// The command `orch serve`.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Let GitHub say at once that something happened.",
    discussion: """
      With '--webhooks' it takes GitHub's webhooks and wakes the orchestrator that runs in this repository \
      ('orch run' or 'orch start'), which then looks for itself: of a webhook nothing else is believed. Without \
      webhooks everything is seen a little later. The secret is in ORCH_WEBHOOK_SECRET or in the file that \
      'forge.webhooks.secret_file' names. It speaks no TLS and listens on this machine only: a proxy in front makes \
      it reachable. An interrupt ends it.
      """)

  @Flag(help: "Take GitHub's webhooks.") var webhooks = false
  @Option(help: "Where to listen, HOST:PORT; port 0 is any free one.") var listen: String?
  @Option(
    help: ArgumentHelp("Take those of the repository in this folder, too.", valueName: "dir"))
  var also: [String] = []
  @OptionGroup var global: GlobalOptions

  /// The variable with the secret.
  static let secretVariable = "ORCH_WEBHOOK_SECRET"

  func validate() throws {
    guard webhooks else { throw ValidationError("say what to serve: '--webhooks'") }
  }

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("take webhooks")
    let settings = session.settings.forge.webhooks
    let (host, port) = try Self.address(listen ?? settings.listen)
    let secret = try Self.secret(settings.secretFile)
    var places = [try await Self.place(session)]
    for folder in also {
      places.append(try await Self.place(Session(GlobalOptions.parse(["-C", folder]))))
    }
    let folder = try LocalFolder(commonDirectory: session.commonDirectory)
    let isQuiet = global.quiet
    let desk = WebhookDesk(
      WebhookJudge(secret), places: places, seen: DeliveryFile(path: folder.path + "/webhooks"),
      clock: Session.clock, say: { line in if !isQuiet { Output.say(line) } })
    let listener = try await WebhookListener(host: host, port: port, desk.answers)
    tell(host, listener.port, places.map(\.name))
    await Self.waitForSignal()
    listener.close()
  }

  /// Says where it listens: the address to give to GitHub, or to a proxy in front.
  private func tell(_ host: String, _ port: Int, _ names: [String]) {
    let shown = host.contains(":") ? "[\(host)]" : host
    let url = "http://\(shown):\(port)\(WebhookJudge.path)"
    if global.json {
      Output.print(["url": .string(url), "repositories": .texts(names)])
    } else {
      Output.print(url)
    }
    guard !global.quiet else { return }
    Output.say("takes webhooks of \(names.joined(separator: ", "))")
    if !["127.0.0.1", "::1", "localhost"].contains(host) {
      Output.say("other machines can reach this, and there is no TLS")
    }
  }

  /// Returns at the first interrupt or termination.
  private static func waitForSignal() async {
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let signals = StopSignals { _ in end.yield() }
    for await _ in ends where signals.wasStopped { return }
  }

  private static func place(_ session: Session) async throws -> WebhookDesk.Place {
    guard session.settings.forge.kind == .github else {
      throw CommandError(
        "the pull requests of '\(session.repository)' are not on GitHub",
        causes: ["'forge.type' is \(session.settings.forge.kind.rawValue)"],
        hints: ["orch config forge.type"])
    }
    let common = session.commonDirectory
    return WebhookDesk.Place(
      name: try await GitHubAccess(session).repositoryName(),
      wakeUp: WakeUp(commonDirectory: common), isAttended: { RunHolder.isHeld(common) })
  }

  private static func secret(_ file: String?) throws -> WebhookSecret {
    var text = Environment.value(secretVariable) ?? ""
    if text.isEmpty, let file {
      text = try SecretFile.read(file, key: "forge.webhooks.secret_file")
      if let notice = SecretFile.notice(file) { Output.say(notice) }
    }
    guard !text.isEmpty else {
      throw CommandError(
        "there is no secret to know GitHub by",
        hints: [
          "make one: openssl rand -hex 32 > ~/.config/orch/webhook-secret",
          "name it in 'forge.webhooks.secret_file', and give it to GitHub with the webhook",
        ])
    }
    guard let secret = WebhookSecret(text) else {
      throw CommandError(
        "the secret is shorter than \(WebhookSecret.minimumLength) characters",
        hints: ["make one: openssl rand -hex 32"])
    }
    return secret
  }

  /// Host and port of `HOST:PORT`, `[HOST]:PORT` or `:PORT`, which is of this machine only.
  static func address(_ text: String) throws -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else {
      throw CommandError(
        "'\(text)' is not an address to listen on", hints: ["as in 127.0.0.1:8787"])
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return (host.isEmpty ? "127.0.0.1" : host, port)
  }
}
