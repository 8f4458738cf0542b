internal import ArgumentParser
internal import Forge

/// The command `orch credential`: what git asks for the token of the App that orch works as.
///
/// Source: git, "gitcredentials" (helpers), "git-credential" (the format).
struct CredentialCommand: AsyncParsableCommand {
  static let name = "credential"
  /// The most that is read of what git says, in bytes.
  static let maximumBytes = 64 << 10

  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Answer git's question for a token (called by git).",
    shouldDisplay: false)

  @Argument(help: "What git wants: get, store or erase.") var operation: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("ask for a token")
    var asked: [String: String] = [:]
    for line in TextFile.input(limit: Self.maximumBytes).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { asked[String(parts[0])] = String(parts[1]) }
    }
    let access = GitHubAccess(session)
    guard access.origin == "\(asked["protocol"] ?? "")://\(asked["host"]?.lowercased() ?? "")"
    else { return }
    switch operation {
    case "get":
      guard let token = try await access.appToken() else { return }
      Output.print("username=x-access-token\npassword=\(token.spelled)")
    case "erase":
      // Git was refused: whoever needs a token next gets another.
      guard let secret = asked["password"] else { return }
      TokenFile(commonDirectory: session.commonDirectory).forget(secret)
    default: return
    }
  }
}
