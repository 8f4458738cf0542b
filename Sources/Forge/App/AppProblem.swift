/// Why orch cannot work as a GitHub App.
public enum AppProblem: Sendable, Hashable {
  /// The private key is none that can sign.
  case unreadableKey(String)
  /// GitHub does not know the signature: the key is another App's, or was deleted.
  case wrongKey(app: String, detail: String)
  /// GitHub knows no App of that id.
  case unknown(app: String)
  /// The App is not installed where the repository is, or not given this one.
  case notInstalled(app: String, repository: String)
  /// Somebody suspended the installation.
  case suspended(installation: Int)
  /// The installation that is configured is none of this App's.
  case wrongInstallation(Int, app: String)
  /// The clock of this machine is wrong by so many seconds.
  case wrongClock(seconds: Int)
  /// The installation has not been given these permissions.
  case missing(permissions: [String], app: String)
}

extension AppProblem: CustomStringConvertible {
  /// One sentence without the way out; see `hints`.
  public var description: String {
    switch self {
    case .unreadableKey(let detail): "the App's private key cannot be used: \(detail)"
    case .wrongKey(let app, let detail):
      "GitHub does not accept the private key as that of App \(app): \(detail)"
    case .unknown(let app): "GitHub knows no App '\(app)'"
    case .notInstalled(let app, let repository): "App \(app) is not installed on \(repository)"
    case .suspended(let installation): "the App's installation \(installation) is suspended"
    case .wrongInstallation(let installation, let app):
      "App \(app) has no installation \(installation)"
    case .wrongClock(let seconds):
      "this machine's clock is \(abs(seconds)) s \(seconds > 0 ? "behind" : "ahead of") GitHub's"
    case .missing(let permissions, let app):
      "App \(app) has not been given: \(permissions.joined(separator: ", "))"
    }
  }

  /// What a person can do.
  public var hints: [String] {
    switch self {
    case .unreadableKey, .wrongKey:
      [
        "make a private key on the App's page, and name its file in 'forge.app.private_key_file'",
        "see whether 'forge.app.id' is the id of that App",
      ]
    case .unknown: ["see the App's page for its id: 'forge.app.id'"]
    case .notInstalled:
      ["install it there ('Install App' on the App's page), and give it the repository"]
    case .suspended: ["who installed it can unsuspend it"]
    case .wrongInstallation: ["leave 'forge.app.installation' out: it is looked up"]
    case .wrongClock: ["set the clock: timedatectl set-ntp true"]
    case .missing:
      ["add them on the App's page ('Permissions & events'); who installed it must accept them"]
    }
  }
}
