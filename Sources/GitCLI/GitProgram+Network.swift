/// What a reference at the remote is expected to be when it is pushed to.
public enum PushExpectation: Sendable, Hashable {
  /// It must not exist.
  case absent
  /// It must hold this object.
  case object(String)
}

/// One reference of a push.
public struct PushUpdate: Sendable, Hashable {
  /// The object to put there; nil deletes the reference.
  public let source: String?
  /// The full name at the remote.
  public let destination: String
  /// What must be there now: the server compares and swaps.
  public let expectation: PushExpectation

  /// All parts.
  public init(_ source: String?, to destination: String, expecting expectation: PushExpectation) {
    self.source = source
    self.destination = destination
    self.expectation = expectation
  }
}

/// What became of one reference of a push.
public enum PushOutcome: Sendable, Hashable {
  /// It is at the remote now, or was already.
  case done
  /// The remote had something else, or did not want it; the text is for a person.
  case rejected(String)
}

/// A repository that is fetched into on behalf of another one, whose remotes and credentials count.
public struct ForeignStore: Sendable {
  /// What git is told; objects arrive in packs.
  let options: [String]

  /// A bare repository, and the file of settings of the one whose remote is meant.
  public init(gitDirectory: String, configuration: String) {
    options = [
      "--git-dir=\(gitDirectory)", "-c", "include.path=\(configuration)", "-c", "core.bare=true",
      "-c", "fetch.unpackLimit=1", "-c", "transfer.unpackLimit=1",
    ]
  }
}

extension GitProgram {
  /// The references that a remote shows, by full name; throws if it cannot be reached.
  public func advertisedReferences(
    remote: String, patterns: [String] = []
  ) async throws(GitCommandError) -> [String: String] {
    let output = try await run(
      Self.networkOptions + ["ls-remote", "--quiet", "--", remote] + patterns,
      timeoutSeconds: min(timeoutSeconds, Self.lookSeconds))
    var result: [String: String] = [:]
    for line in output.text.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1)
      if parts.count == 2 { result[String(parts[1])] = String(parts[0]) }
    }
    return result
  }

  /// The branch that the remote's HEAD names; nil if it names none.
  public func defaultBranch(of remote: String) async throws(GitCommandError) -> String? {
    let output = try await run(["ls-remote", "--symref", "--quiet", "--", remote, "HEAD"])
    let start = "ref: refs/heads/"
    for line in output.text.split(separator: "\n") where line.hasPrefix(start) {
      return line.dropFirst(start.count).split(separator: "\t").first.map(String.init)
    }
    return nil
  }

  /// Fetches references without tags, FETCH_HEAD, configured refspecs or maintenance.
  ///
  /// A user's `git gc` removes empty folders of objects at any moment, also between git's making of one and its
  /// writing into it: the fetch is then repeated. `store` is another repository that the objects are to go into.
  public func fetch(
    remote: String, refspecs: [String], checkingObjects: Bool = false,
    into store: ForeignStore? = nil
  ) async throws(GitCommandError) {
    var arguments = (store?.options ?? []) + Self.networkOptions
    // Checked objects stay in a pack, which git syncs to the disk before a reference leads to it.
    if checkingObjects { arguments += ["-c", "fetch.fsckObjects=true"] }
    // The state is read object by object: a partial clone must have all of it.
    let filter = checkingObjects ? ["--no-filter"] : []
    arguments += [
      "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--no-auto-maintenance",
      "--no-recurse-submodules", "--refmap=",
    ]
    arguments += filter + ["--", remote] + refspecs
    for number in 1...Self.maximumFetches {
      do {
        try await run(arguments, timeoutSeconds: transferSeconds)
        return
      } catch {
        guard number < Self.maximumFetches, error.isOfVanishedFolder else { throw error }
      }
    }
  }

  /// How often a fetch is tried in which a folder vanished.
  private static let maximumFetches = 5

  /// Pushes references, each by compare-and-swap; the user's hooks do not run.
  ///
  /// Throws if the remote cannot be reached, or does not say what it did: then references may have moved,
  /// or move later. A refused reference is an outcome. With `atomic`, one refusal refuses all.
  public func push(
    remote: String, _ updates: [PushUpdate], atomic: Bool = false
  ) async throws(GitCommandError) -> [String: PushOutcome] {
    var arguments = Self.networkOptions + ["-c", "push.followTags=false"]
    // A clone made with --mirror would push all or nothing.
    if !remote.contains("=") { arguments += ["-c", "remote.\(remote).mirror=false"] }
    arguments += ["push", "--porcelain", "--no-verify", "--no-signed", "--quiet"]
    arguments.append("--no-recurse-submodules")
    if atomic { arguments.append("--atomic") }
    for update in updates {
      let lease =
        switch update.expectation {
        case .absent: ""
        case .object(let id): id
        }
      arguments.append("--force-with-lease=\(update.destination):\(lease)")
    }
    arguments += ["--", remote]
    arguments += updates.map { "\($0.source ?? ""):\($0.destination)" }
    let output = try await run(arguments, accepting: [1], timeoutSeconds: transferSeconds)
    var outcomes: [String: PushOutcome] = [:]
    for line in output.text.split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count >= 3, let target = parts[1].split(separator: ":").last else { continue }
      // The server took the push and did not say what became of it.
      if parts[2].hasPrefix("[remote failure]") {
        throw .failed(
          command: "git push", exitCode: output.exitCode, detail: String(parts[2]))
      }
      let isRefused = parts[0].hasPrefix("!")
      let said = isRefused && parts[2].hasPrefix("[remote") ? serverWords(output.errorText) : ""
      outcomes[String(target)] = isRefused ? .rejected(parts[2] + said) : .done
    }
    for update in updates where outcomes[update.destination] == nil {
      if output.exitCode == 0 {
        outcomes[update.destination] = .done
      } else {
        throw .failed(
          command: "git push", exitCode: output.exitCode,
          detail: String(output.errorText.suffix(Self.maximumDetailLength)))
      }
    }
    return outcomes
  }

  /// What the server's hooks said, to be added to a refusal.
  private func serverWords(_ text: String) -> String {
    let prefix = "remote:"
    let words = text.split(separator: "\n").filter { $0.hasPrefix(prefix) }
      .map { $0.dropFirst(prefix.count).drop { $0 == " " } }.filter { !$0.isEmpty }
    guard !words.isEmpty else { return "" }
    return ": " + String(words.joined(separator: " / ").suffix(Self.maximumDetailLength))
  }

  /// True if a remote moves several references as one; throws if it cannot be reached.
  ///
  /// Nothing is pushed: git refuses an atomic dry run where the remote does not offer it. `object` is any
  /// that is here.
  public func acceptsAtomicPush(
    remote: String, of object: String
  ) async throws(GitCommandError) -> Bool {
    let arguments = ["push", "--dry-run", "--porcelain", "--no-verify", "--quiet"]
    let rest = ["--", remote, "\(object):\(Self.probe)"]
    let atomic = try await run(
      Self.networkOptions + arguments + ["--atomic"] + rest, accepting: [1, 128])
    if atomic.exitCode != 128 { return true }
    try await run(Self.networkOptions + arguments + rest, accepting: [1])
    return false
  }

  /// A reference that is named in dry runs and never made.
  private static let probe = "refs/orch/probe"

  /// How long a look at a remote may take, in seconds: it moves little.
  static let lookSeconds = 60

  /// Gives a dead connection up instead of waiting for ever, and runs no hooks of the user.
  private static let networkOptions = [
    "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60",
    "-c", "core.hooksPath=/dev/null",
  ]

  /// The names of the repository's remotes.
  public func remotes() async throws(GitCommandError) -> [String] {
    try await run(["remote"]).text.split(separator: "\n").map(String.init)
  }

  /// The program's version, as in "2.39.5".
  public func version() async throws(GitCommandError) -> String {
    let words = try await run(["--version"]).text.split(whereSeparator: \.isWhitespace)
    return words.count > 2 ? String(words[2]) : ""
  }
}
