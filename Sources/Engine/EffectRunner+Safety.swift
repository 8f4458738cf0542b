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

  /// The largest record that is stored, in bytes: that of a repository with some twenty thousand references.
  private static let maximumPictureBytes = 6 << 20

  /// Notes how the repository stands before a worker without walls begins; returns the record's id.
  ///
  /// The record in the run directory is for another process that sees the worker to its end; what counts for this
  /// one is in memory. The id goes to the supervisor, which hands it back with the worker's end: a record that
  /// was taken away or changed meanwhile is noticed.
  func takePicture(_ monitor: WorkerMonitor) async throws -> String? {
    if isSandboxed { return nil }
    return try await room.lane.run {
      self.room.prepare()
      try await self.keepNotes()
      let fresh = try await self.picture()
      let kept = self.room.begin(monitor.directory, fresh, at: self.options.clock())
      let text = kept.json.canonicalText
      if text.utf8.count > Self.maximumPictureBytes { return nil }
      _ = try monitor.store(text, as: Self.pictureName)
      return try Repository.id(of: Array(text.utf8), .blob).hex
    }
  }

  /// Sees a worker on that began under another process of orch's.
  func adopt(_ monitor: WorkerMonitor) {
    guard let id = monitor.launch?.pictureID, let text = monitor.storedText(Self.pictureName),
      (try? Repository.id(of: Array(text.utf8), .blob).hex) == id,
      let picture = (try? JSONValue(parsing: text)).flatMap(RepositoryPicture.init(json:))
    else { return }
    room.adopt(monitor.directory, picture)
    if room.notes == nil { room.noteNotes(picture.notes.flatMap { ObjectID(hex: $0) }) }
  }

  /// How the repository stands now.
  private func picture() async throws -> RepositoryPicture {
    var picture = RepositoryPicture()
    let place = ObeyedFiles(directory: commonDirectory)
    let (all, obeyed) = try await code.run { repository throws in
      (try repository.references(prefix: "refs/"), try place.look(keepingIn: repository))
    }
    picture.references = all.filter { RepositoryPicture.isWatched($0.key) }.mapValues(\.hex)
    picture.notes = room.notes?.hex
    picture.readStash(in: commonDirectory)
    picture.gitFiles = obeyed
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

  /// Size and time of a file, and where it leads if it is a link.
  private static func stamp(_ path: String) -> String {
    var information = stat()
    guard lstat(path, &information) == 0 else { return "gone" }
    let time = information.st_mtim
    return "\(information.st_size) \(time.tv_sec).\(time.tv_nsec) \(information.st_mode)"
  }

  /// Mends the state if somebody moved it aside, which is told of every worker that runs.
  func keepState() async throws {
    let found = try await tasks.state.recoverIfNeeded()
    var differences = Differences()
    for finding in found {
      report(.note("\(finding.text): \(finding.remedy)"))
      differences.add("\(finding.text): \(finding.remedy)", to: .record)
    }
    if !differences.isEmpty { room.note(differences) }
  }

  /// Compares the repository with how it stood, and undoes what can only be a worker's doing.
  func compare(
    _ task: TaskView, _ worktree: Worktree, _ exit: WorkerExit, _ monitor: WorkerMonitor
  ) async throws -> Differences {
    try await room.lane.run {
      let run = monitor.directory
      if let known = self.room.result(of: run) { return known }
      let (before, problem) = self.before(exit, monitor)
      var found = Differences()
      if let problem { found.add(problem, to: .record) }
      guard let before else {
        if problem == nil { return found }
        return self.room.end(
          run, [(found, .init(isOwn: true))], own: Differences(), now: try await self.picture())
      }
      let (shared, own) = try await self.undo(before, task, worktree, exit, run)
      var now = try await self.picture()
      // Where a reference was left as it is, the next worker that ends may be the one that moved it.
      now.references = before.references
      let record = (found, RoomWatch.Suspects(isOwn: true))
      return self.room.end(run, [record] + shared, own: own, now: now)
    }
  }

  /// Undoes what differs from a picture; returns what any of the workers may have done, and what is this one's.
  private func undo(
    _ before: RepositoryPicture, _ task: TaskView, _ worktree: Worktree, _ exit: WorkerExit,
    _ run: String
  ) async throws -> ([(Differences, RoomWatch.Suspects)], own: Differences) {
    let mine = try await ownCommits(of: task, worktree, since: before)
    // A look takes as long as the way to the remote: the repository is looked at meanwhile.
    async let look = remoteReferences(isAsked: !mine.isEmpty)
    let now = try await picture()
    let seen = await look
    let undo = PictureUndo(
      runner: self, task: task, worktree: worktree, exit: exit, runDirectory: run,
      folder: run + "/outside-after", mine: mine,
      shared: SharedReferences(runner: self, own: mine, seen: seen))
    let (shared, undone) = try await undo.run(from: before, to: now)
    var own = undone
    own.add(pushes(of: mine, at: seen, base: try await baseBranch(of: task)))
    return (shared, own)
  }

  /// The picture that a worker is compared with, and what is wrong with the record of it.
  private func before(
    _ exit: WorkerExit, _ monitor: WorkerMonitor
  ) -> (RepositoryPicture?, problem: String?) {
    let kept = room.picture(of: monitor.directory)
    // A worker that was killed with its supervisor has no end but the one that orch wrote.
    guard let id = exit.pictureID ?? (exit.reason == .lost ? monitor.launch?.pictureID : nil) else {
      return (kept, nil)
    }
    let text = monitor.storedText(Self.pictureName)
    if let text, (try? Repository.id(of: Array(text.utf8), .blob).hex) == id {
      let stored = (try? JSONValue(parsing: text)).flatMap(RepositoryPicture.init(json:))
      return (kept ?? stored, nil)
    }
    let what = text == nil ? "was removed" : "was changed"
    let end = kept == nil ? ": what else was done cannot be shown" : ""
    return (kept, "the record of how the repository stood before \(what)\(end)")
  }
}
