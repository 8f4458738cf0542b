internal import Agents
internal import Git2
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The most files of the base's tree that a prompt lists.
  static let maximumListedFiles = 400
  /// The most tool calls of an earlier attempt that a prompt lists.
  static let maximumToolCalls = 200
  /// The largest patch that a prompt shows, in bytes.
  static let maximumPatchBytes = 32 * 1024

  /// Collects what an attempt's prompt is made of, before or after the attempt is recorded.
  ///
  /// Where there is no worktree yet, `start` is the commit that it will begin at.
  func material(
    _ task: TaskView, _ attempt: Attempt, worktree: Worktree, base: String, outputFile: String,
    protocolFolder: String, start: ObjectID? = nil
  ) async throws -> PromptMaterial {
    let views = try await tasks.all()
    var material = PromptMaterial(
      task: task, body: try await body(of: task), attempt: attempt.number,
      purpose: attempt.purpose, worktree: worktree.path, branch: worktree.branch, base: base,
      outputFile: outputFile, protocolFolder: protocolFolder)
    let earlier = task.attempts.filter { $0.number < attempt.number }
    if attempt.number > 1 {
      material.history = try await history(of: task)
      material.earlierRuns = earlier.suffix(3).map {
        .init(number: $0.number, agent: $0.agent, text: Self.recap($0))
      }
      if let last = earlier.last, let summary = task.result?.summary, !summary.isEmpty,
        last.outcome == .succeeded, last.commits == 0, last.purpose == .repair
      {
        material.earlierRuns[material.earlierRuns.count - 1].text +=
          "\nIt changed nothing, and said: \(summary)"
      }
      material.toolCalls = earlier.suffix(1).flatMap { toolCalls(of: task, token: $0.token) }
      if start == nil { material.patch = try await patch(of: task, worktree, base: base) }
    }
    if let parent = task.parent.flatMap({ views[$0] }) {
      material.parent = parent
      material.siblings = parent.children.filter { $0 != task.id }.compactMap { views[$0] }
    }
    material.children = task.children.compactMap { views[$0] }
    material.isTrusted = Lineage.isTrusted(task, in: views)
    material.files = try files(start, worktree)
    material.instructions = try Self.instructionNames.compactMap { name in
      try instruction(name, start, worktree).map { (name, $0) }
    }
    material.neighbours = try await neighbours(
      of: task, among: views, onlyShared: true)
    if attempt.purpose == .rebase {
      material.conflict = try await conflictMaterial(task, base: base, among: views)
    }
    // An issue that cannot be read now fails the attempt's start, which is tried again: no hole in a prompt.
    if let number = task.issue { material.issue = try await options.readIssue?(number) }
    if attempt.purpose == .repair, task.pullRequest?.obligations.openReviews.isEmpty == false {
      material.remarks = try await place.remarks(on: watched(task))
    }
    if attempt.purpose == .repair { material.changes = await changesSinceGreen(task) }
    material.failsOnBase = failsOnBase(task)
    material.messages = task.unreadMessages
    material.lessons = try await told(attempt)
    if let subject = task.about.flatMap({ views[$0] }) {
      try await addSubject(subject, of: task, to: &material)
    }
    return material
  }

  /// The whole body: the file beside the log if it was too long for an event.
  func body(of task: TaskView) async throws -> String {
    guard let id = RecordID(task.id) else { return task.body }
    let key = RecordKey(.tasks, id)
    let file = try await tasks.state.read { reader, repository -> [UInt8]? in
      guard let name = try reader.record(key, in: repository)?.fields["spec"]?.string else {
        return nil
      }
      return try reader.file(["spec", name], of: key, in: repository)
    }
    return file.map { String(decoding: $0, as: UTF8.self) } ?? task.body
  }

  func history(of task: TaskView) async throws -> [String] {
    guard let id = RecordID(task.id) else { return [] }
    let events = try await tasks.state.read { reader, repository in
      try reader.events(of: RecordKey(.tasks, id), in: repository)
    }
    // Messages have a part of their own, as long as they are unread.
    return events.filter { !$0.kind.hasPrefix("message.") }.suffix(12).map { event in
      "\(Timestamp.text(event.time)) \(EventText.line(event, reason: 2000))"
    }
  }

  static func recap(_ attempt: Attempt) -> String {
    var text = "Attempt \(attempt.number) by \(attempt.agent)"
    if let outcome = attempt.outcome { text += " ended: \(outcome.rawValue)" }
    if let failure = attempt.failure { text += " (\(failure.rawValue))" }
    if attempt.commits > 0 { text += ", \(attempt.commits) commits kept on the branch" }
    if let error = attempt.error, !error.isEmpty { text += "\n\(error)" }
    return text
  }

  /// The tool calls of an earlier attempt in short, the newest last; empty on another machine.
  func toolCalls(of task: TaskView, token: Int) -> [String] {
    let monitor = WorkerMonitor(directory: folder.runDirectory(task: task.id, token: token))
    return monitor.toolCalls(last: Self.maximumToolCalls).map(\.summary)
  }

  /// What the branch and the files of a worktree hold beyond the base.
  private func patch(
    of task: TaskView, _ worktree: Worktree, base: String
  ) async throws -> String {
    // Comparing stores what is compared: what fills a worktree must not fill the repository.
    guard WorkerMonitor.isSmall(worktree.path, options.quotaBytes) else {
      return "[the worktree holds more than 'worktrees.quota_mb' allows: clear it first]\n"
    }
    let now = try await worktree.snapshot(
      message: "for a prompt", by: signatureNow, git: gitRunner)
    let repository = try Repository(at: worktree.path)
    guard let head = try repository.reference("HEAD") else { return "" }
    let tracking = RefLayout.trackedBranch(base, of: options.remote)
    let baseHead = try repository.reference(tracking)
    let recorded = recordedBases(of: task)
    var start: ObjectID?
    if let baseHead {
      start = try Self.beginning(of: head, on: baseHead, recorded: recorded, in: repository)
    }
    let patch = try repository.patch(
      from: try repository.commit(start ?? head).tree, to: now.tree,
      limit: Self.maximumPatchBytes)
    return patch.text + (patch.isCut ? "\n[cut]\n" : "")
  }

  /// The files of the project that give agents their instructions.
  private static let instructionNames = ["CLAUDE.md", "AGENTS.md", "README.md"]

  private func instruction(
    _ name: String, _ start: ObjectID?, _ worktree: Worktree
  ) throws -> String? {
    guard let start else { return ProtocolFolder(path: worktree.path).read(name) }
    let repository = try Repository(at: options.repository)
    let tree = try RawTree(bytes: repository.bytes(of: repository.commit(start).tree, .tree))
    guard let entry = tree.entries.first(where: { $0.text == name && !$0.isTree }) else {
      return nil
    }
    return String(decoding: try repository.bytes(of: entry.id, .blob), as: UTF8.self)
  }

  private func files(_ start: ObjectID?, _ worktree: Worktree) throws -> [String] {
    let repository = try Repository(at: start == nil ? worktree.path : options.repository)
    guard let head = try start ?? repository.reference("HEAD") else { return [] }
    var result: [String] = []
    var queue: [(path: String, tree: ObjectID)] = [("", try repository.commit(head).tree)]
    while !queue.isEmpty, result.count < Self.maximumListedFiles {
      let (path, tree) = queue.removeFirst()
      for entry in try RawTree(bytes: repository.bytes(of: tree, .tree)).entries {
        if entry.isTree {
          queue.append((path + entry.text + "/", entry.id))
        } else {
          result.append(path + entry.text)
        }
        if result.count >= Self.maximumListedFiles { break }
      }
    }
    return result.sorted()
  }
}
