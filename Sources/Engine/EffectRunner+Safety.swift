internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension EffectRunner {
  /// The name of the picture in the run directory.
  private static let pictureName = "picture.json"
  /// The largest hook that is kept, in bytes.
  private static let maximumHookBytes = 1 << 20

  /// Notes how the repository stands before a worker without walls begins.
  func takePicture(_ monitor: WorkerMonitor) async throws {
    if isSandboxed { return }
    let picture = try await picture()
    _ = try monitor.store(picture.json.canonicalText, as: Self.pictureName)
    if picture.hooks.isEmpty { return }
    let hooks = ShellCommand.quoted(commonDirectory + "/hooks")
    let copy = ShellCommand.quoted(monitor.directory + "/hooks-before")
    _ = try await ShellCommand.run(
      "rm -rf \(copy); [ ! -d \(hooks) ] || cp -Rp \(hooks) \(copy)", in: "/",
      environment: ["PATH": options.environment["PATH"] ?? ""], timeoutSeconds: 60)
  }

  /// How the repository stands now.
  private func picture() async throws -> RepositoryPicture {
    var picture = RepositoryPicture()
    let all = try await code.run { repository throws(GitError) in
      try repository.references(prefix: "refs/")
    }
    picture.references = all.filter { Self.isGuarded($0.key) }.mapValues(\.hex)
    picture.hooks = Self.hooks(commonDirectory + "/hooks")
    async let listed = git.run(
      ["config", "--file", commonDirectory + "/config", "--list", "-z"])
    async let looked = git.run(
      ["-c", "core.fsmonitor=false", "status", "--porcelain", "-z", "--no-renames"],
      accepting: [128])
    picture.settings = RepositoryPicture.settings(try await listed.text)
    let head = ProtocolFolder(path: commonDirectory).read("HEAD") ?? ""
    picture.head = head.split(separator: "\n").first.map(String.init) ?? ""
    let status = try await looked
    for entry in status.text.split(separator: "\0").prefix(RepositoryPicture.maximumFiles) {
      let name = String(entry.dropFirst(3))
      picture.files[name] = "\(entry.prefix(2)) \(Self.stamp("\(options.repository)/\(name)"))"
    }
    return picture
  }

  /// References that neither orch nor any task's worker has to move are looked after.
  static func isGuarded(_ name: String) -> Bool {
    let free = [
      "refs/orch/", "refs/orchestrator", "refs/notes/orchestrator", "refs/remotes/",
      "refs/heads/orch/",
    ]
    return !free.contains(where: name.hasPrefix)
  }

  private static func hooks(_ folder: String) -> [String: String] {
    guard let stream = opendir(folder) else { return [:] }
    defer { closedir(stream) }
    var result: [String: String] = [:]
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasSuffix(".sample"), name != ".", name != ".." else { continue }
      let text = ProtocolFolder(path: folder).read(name) ?? stamp("\(folder)/\(name)")
      result[name] = (try? Repository.id(of: Array(text.utf8), .blob).hex) ?? "?"
    }
    return result
  }

  /// Size and time of a file, and where it leads if it is a link.
  private static func stamp(_ path: String) -> String {
    var information = stat()
    guard lstat(path, &information) == 0 else { return "gone" }
    let time = information.st_mtim
    return "\(information.st_size) \(time.tv_sec).\(time.tv_nsec) \(information.st_mode)"
  }

  /// Compares the repository with how it stood, and undoes what can only be a worker's doing.
  ///
  /// Undone are: references that lead to commits of this attempt, a removed base branch, hooks, and settings
  /// that name programs or addresses; what stood there is kept in the run directory or named in the report.
  /// Everything else may be a person's work meanwhile: it is reported and stays.
  func compare(
    _ task: TaskView, _ worktree: Worktree, _ monitor: WorkerMonitor
  ) async throws -> (lines: [String], undone: [String]) {
    guard let text = monitor.storedText(Self.pictureName),
      let old = (try? JSONValue(parsing: text)).flatMap(RepositoryPicture.init(json:))
    else { return ([], []) }
    let new = try await picture()
    let lines = new.differences(from: old)
    if lines.isEmpty { return ([], []) }
    let head = try await code.run { repository throws(GitError) in
      try repository.reference("refs/heads/\(worktree.branch)")
    }
    var undone = try await undoReferences(old, new, task, head: head)
    undone += try await undoHooks(old, new, monitor)
    undone += try await undoSettings(old, new)
    return (lines, undone)
  }

  private func undoReferences(
    _ old: RepositoryPicture, _ new: RepositoryPicture, _ task: TaskView, head: ObjectID?
  ) async throws -> [String] {
    let base = try await baseBranch(of: task)
    var undone: [String] = []
    for (name, was, now) in RepositoryPicture.changes(old.references, new.references) {
      if let now {
        guard try await isOfAttempt(now, task, head: head) else { continue }
        let words = was.map { ["update-ref", name, $0, now] } ?? ["update-ref", "-d", name, now]
        try await git.run(words)
      } else if let was, name == "refs/heads/\(base)" {
        try await git.run(["update-ref", name, was, String(repeating: "0", count: was.count)])
      } else {
        continue
      }
      undone.append("\(name) is as it was")
    }
    return undone
  }

  /// True if a commit was made by this attempt: its branch has it, and what the attempt began with has not.
  private func isOfAttempt(
    _ commit: String, _ task: TaskView, head: ObjectID?
  ) async throws -> Bool {
    guard let head else { return false }
    let tracking = RefLayout.trackedBranch(try await baseBranch(of: task), of: options.remote)
    let found = try await git.run(
      ["rev-list", "--max-count=1000", head.hex, "--not", tracking, "--"], accepting: [128])
    let peeled = try await git.run(
      ["rev-parse", "--verify", "--quiet", "\(commit)^{commit}"], accepting: [1, 128])
    let name = peeled.text.split(separator: "\n").first ?? ""
    return !name.isEmpty && found.text.split(separator: "\n").contains(name)
  }

  private func undoHooks(
    _ old: RepositoryPicture, _ new: RepositoryPicture, _ monitor: WorkerMonitor
  ) async throws -> [String] {
    let changed = RepositoryPicture.changes(old.hooks, new.hooks)
    if changed.isEmpty { return [] }
    let before = monitor.directory + "/hooks-before"
    let kept = monitor.directory + "/hooks-after"
    var lines = ["set -e", "mkdir -p \(ShellCommand.quoted(kept))"]
    for (name, _, _) in changed {
      let hook = ShellCommand.quoted("\(commonDirectory)/hooks/\(name)")
      let saved = ShellCommand.quoted("\(before)/\(name)")
      lines.append(
        "[ ! -e \(hook) ] && [ ! -L \(hook) ] || mv -f \(hook) \(ShellCommand.quoted(kept))/")
      lines.append("[ ! -e \(saved) ] || cp -Rp \(saved) \(hook)")
    }
    let result = try await ShellCommand.run(
      lines.joined(separator: "\n"), in: "/",
      environment: ["PATH": options.environment["PATH"] ?? ""], timeoutSeconds: 60)
    guard result.exitCode == 0 else { return [] }
    return changed.map { "the hook '\($0.name)' is as it was; the other one is in '\(kept)'" }
  }

  private func undoSettings(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [String] {
    let file = commonDirectory + "/config"
    var undone: [String] = []
    for (key, was, _) in RepositoryPicture.changes(old.settings, new.settings) {
      try await git.run(["config", "--file", file, "--unset-all", key], accepting: [5])
      for value in was ?? [] { try await git.run(["config", "--file", file, "--add", key, value]) }
      undone.append("the setting \(key) is as it was")
    }
    return undone
  }
}
