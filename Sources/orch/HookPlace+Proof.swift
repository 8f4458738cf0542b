internal import Agents
internal import GitCLI
internal import Hooks
internal import Settings

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension HookPlace {
  /// Makes git run a hook of orch, which then does nothing but say that it ran.
  ///
  /// `git hook run` (git 2.36) finds and starts it as `git commit` would. A hook that was there before is left
  /// out of it.
  func prove(_ name: String) async -> (proven: Bool?, reason: String?) {
    let mark = "\(session.commonDirectory)/orch/hook-probe-\(getpid())"
    unlink(mark)
    defer { unlink(mark) }
    var environment = Environment.all
    environment[Hooks.probeVariable] = mark
    let probe = GitProgram(
      directory: git.directory, environment: environment, timeoutSeconds: Self.proofSeconds)
    do throws(GitCommandError) {
      try await probe.run(["hook", "run", name])
    } catch {
      let report = Explanation.report(of: error)
      let reason = report.causes.first ?? report.sentence
      // An older git does not know the command: that proves nothing either way.
      if reason.contains("is not a git command") { return (nil, "git 2.36 could prove it") }
      return (false, reason)
    }
    if (try? TextFile.read(mark)) == name + "\n" { return (true, nil) }
    return (false, "the program 'orch' was not found, or is another one; see PATH")
  }
}

/// The lines of `info/exclude` that keep orch's hooks out of `git status`.
struct HookExclusion {
  private static let begin = "# begin orch hooks"
  private static let end = "# end orch hooks"
  private let path: String

  init(commonDirectory: String) { path = commonDirectory + "/info/exclude" }

  /// Adds lines, in the place of earlier ones; earlier ones that are still true stay.
  func add(_ lines: [String]) throws {
    guard !lines.isEmpty else { return }
    let (rest, known) = try parts()
    let all = known + lines.filter { !known.contains($0) }
    let block = ([Self.begin] + all + [Self.end]).joined(separator: "\n") + "\n"
    try write(rest.isEmpty || rest.hasSuffix("\n") ? rest + block : rest + "\n" + block)
  }

  /// Takes the lines away.
  func remove() throws {
    let (rest, known) = try parts()
    guard !known.isEmpty else { return }
    try write(rest)
  }

  private func parts() throws -> (rest: String, known: [String]) {
    guard access(path, F_OK) == 0 else { return ("", []) }
    let text = try TextFile.read(path)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = lines.firstIndex(of: Self.begin),
      let last = lines[first...].firstIndex(of: Self.end)
    else { return (text, []) }
    let rest = (lines[..<first] + lines[(last + 1)...]).joined(separator: "\n")
    return (rest, Array(lines[(first + 1)..<last]))
  }

  private func write(_ text: String) throws {
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)
    mkdir(String(folder), 0o777)
    let temporary = path + ".orch-\(getpid())"
    unlink(temporary)
    try TextFile.create(temporary, text)
    guard rename(temporary, path) == 0 else {
      throw CommandError("'\(path)' could not be written: \(Errno.text(errno))")
    }
  }
}
