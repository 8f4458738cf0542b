/// Why a forge could not answer or act.
public enum ForgeError: Error, Sendable, Hashable {
  /// What is configured cannot work; the text says what.
  case configuration(String)
  /// orch may not work as the GitHub App that is configured.
  case app(AppProblem)
  /// There is no token.
  case noToken
  /// The forge does not accept the token.
  case tokenRefused(detail: String)
  /// The token may not do this. `needed` are scopes or permissions that the forge names.
  case notAllowed(call: String, needed: [String], detail: String)
  /// An organisation wants the token to be authorised on this page first.
  case needsSingleSignOn(url: String)
  /// It does not exist, or the token may not see it; the forge does not say which.
  case notFound(call: String)
  /// The repository is archived: nothing can be changed.
  case archived(call: String)
  /// What was asked for is not possible as things stand; the text is the forge's.
  case refused(call: String, detail: String)
  /// Too many requests. The time is when to try again, in milliseconds since 1970.
  case limited(RateLimit, until: Int)
  /// The forge could not be reached; nothing was sent.
  case unreachable(host: String, detail: String)
  /// The connection broke before the answer was whole.
  case interrupted(call: String, detail: String)
  /// No whole answer came in time.
  case timedOut(call: String, seconds: Int)
  /// The forge failed.
  case serverFault(call: String, status: Int)
  /// The answer is not what the forge's description says.
  case invalidAnswer(call: String, detail: String)
  /// It was sent to another host, which must not see the token.
  case movedElsewhere(call: String, host: String)
  /// The answer is larger than is read.
  case tooLarge(call: String, limitBytes: Int)
  /// The task that asked was cancelled.
  case cancelled

  /// The limits that a forge sets.
  public enum RateLimit: String, Sendable, Hashable, CaseIterable {
    /// The requests of an hour are used up.
    case primary
    /// Too many at a time, or in a short time.
    case secondary
    /// What is left is kept for merging.
    case reserve
  }

  /// True if the forge may have done what was asked, although it did not say so.
  public var mayHaveHappened: Bool {
    switch self {
    case .interrupted, .timedOut, .serverFault, .invalidAnswer, .tooLarge, .cancelled: true
    case .configuration, .app, .noToken, .tokenRefused, .notAllowed, .needsSingleSignOn, .notFound,
      .archived, .refused, .limited, .unreachable, .movedElsewhere:
      false
    }
  }

  /// True if the same call may well succeed later without anybody changing anything.
  public var passes: Bool {
    switch self {
    case .limited, .unreachable, .interrupted, .timedOut, .serverFault: true
    case .configuration, .app, .noToken, .tokenRefused, .notAllowed, .needsSingleSignOn, .notFound,
      .archived, .refused, .invalidAnswer, .movedElsewhere, .tooLarge, .cancelled:
      false
    }
  }
}

extension ForgeError: CustomStringConvertible {
  /// One sentence without the way out; see `hints`.
  public var description: String {
    switch self {
    case .configuration(let problem): "the forge is not configured right: \(problem)"
    case .app(let problem): problem.description
    case .noToken: "there is no token for the forge"
    case .tokenRefused(let detail): "the forge does not accept the token: \(detail)"
    case .notAllowed(let call, let needed, let detail):
      "the token may not \(call)\(needed.isEmpty ? "" : " without \(needed.joined(separator: ", "))"): \(detail)"
    case .needsSingleSignOn: "the organisation wants the token to be authorised first"
    case .notFound(let call): "could not \(call): not found, or not visible to the token"
    case .archived(let call): "could not \(call): the repository is archived"
    case .refused(let call, let detail): "the forge refused to \(call): \(detail)"
    case .limited(.primary, _): "the forge's requests of this hour are used up"
    case .limited(.secondary, _): "the forge asks to slow down"
    case .limited(.reserve, _): "the rest of the forge's requests is kept for merging"
    case .unreachable(let host, let detail): "could not reach \(host): \(detail)"
    case .interrupted(let call, let detail): "lost the answer to '\(call)': \(detail)"
    case .timedOut(let call, let seconds): "no answer to '\(call)' within \(seconds) s"
    case .serverFault(let call, let status): "the forge failed (\(status)) to \(call)"
    case .invalidAnswer(let call, let detail): "an unexpected answer to '\(call)': \(detail)"
    case .movedElsewhere(let call, let host): "could not \(call): it was sent on to '\(host)'"
    case .tooLarge(let call, let limit): "the answer to '\(call)' is larger than \(limit) bytes"
    case .cancelled: "cancelled"
    }
  }

  /// What a person can do: commands to type or things to look at; empty if waiting is all.
  public var hints: [String] {
    switch self {
    case .configuration: ["see 'orch config forge'"]
    case .app(let problem): problem.hints
    case .noToken:
      ["run 'gh auth login', or set ORCH_GITHUB_TOKEN to a token that may write pull requests"]
    case .tokenRefused: ["make a new token, or run 'gh auth refresh'"]
    case .notAllowed(_, let needed, _) where !needed.isEmpty:
      ["give the token: \(needed.joined(separator: ", "))"]
    case .notAllowed: ["see whether the account may write to the repository"]
    case .needsSingleSignOn(let url): ["authorise the token at \(url)"]
    case .notFound:
      [
        "see whether 'forge.repository' is right and the repository still has that name",
        "see whether the token was given this repository ('gh auth status')",
      ]
    case .archived: ["ask an administrator to unarchive it"]
    case .unreachable: ["see whether the network, the proxy and 'forge.api' are right"]
    case .tooLarge, .invalidAnswer, .movedElsewhere:
      ["see whether 'forge.api' is the forge's interface"]
    case .refused, .limited, .interrupted, .timedOut, .serverFault, .cancelled: []
    }
  }
}
