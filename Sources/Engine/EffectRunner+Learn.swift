internal import Agents
internal import Git2
internal import GitState
internal import Synchronization
internal import Workflow

extension EffectRunner {
  /// The lessons for the next worker, and those that are held back from it.
  func lessons(for task: TaskView, agent: String) async throws -> LessonSelection {
    guard task.kind != .retrospective else { return LessonSelection() }
    let all = try await lessonCache.all(trusting: options.trustedHosts)
    guard !all.isEmpty else { return LessonSelection() }
    return LessonChoice.choose(
      from: all, for: task, agent: agent, effects: try await effects(of: all),
      rules: options.lessonRules)
  }

  /// The lessons that an attempt was told, in the order of their usefulness then.
  func told(_ attempt: Attempt) async throws -> [Lesson] {
    guard !attempt.lessons.isEmpty else { return [] }
    let all = try await lessonCache.all(trusting: options.trustedHosts)
    let known = Dictionary(all.map { ($0.id, $0) }) { $1 }
    return attempt.lessons.compactMap { known[$0] }
  }

  private var lessonStore: LessonStore {
    LessonStore(tasks.state, trusting: options.trustedHosts)
  }

  private func effects(of lessons: [Lesson]) async throws -> [String: LessonEffect] {
    LessonEffect.measure(try await tasks.all().values, of: lessons)
  }

  /// Begins to look back at what has ended, and retires what does not help; true if there is a new task.
  func learn(from world: World) async throws -> Bool {
    let (changed, hasFigures) = lookedBack.withLock { $0.news(in: world.tasks.values) }
    guard !changed.isEmpty, !world.isStopping else { return false }
    if hasFigures { try await retireUseless() }
    for task in changed.sorted(by: { ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id) }) {
      let came = try await lookBack(at: task, world)
      if came == .later { continue }
      lookedBack.withLock { $0.note(task) }
      // One at a time: what it finds may explain the others.
      if came == .began { return true }
    }
    return false
  }

  private enum LookBack {
    case done
    case began
    case later
  }

  /// Makes the retrospective of a task if it calls for one that is not there.
  private func lookBack(at task: TaskView, _ world: World) async throws -> LookBack {
    // The machine of the last attempt has what its workers were told.
    guard options.looksBack, task.attempts.last?.host == world.host,
      let cause = Retrospection.cause(task, now: world.now),
      let id = RecordID.derived("retrospective/\(cause.text)"), world.tasks[id.text] == nil
    else { return .done }
    let error = Self.error(of: cause, task)
    let isAsked = world.tasks.values.contains { other in
      guard other.kind == .retrospective, !other.status.isTerminal,
        let subject = other.about.flatMap({ world.tasks[$0] }),
        let same = Retrospection.cause(subject, now: world.now)
      else { return false }
      return Self.error(of: same, subject) == error
    }
    if isAsked { return .later }
    var looking = NewTask(title: "Look back at \(task.id.prefix(6))")
    looking.kind = .retrospective
    looking.about = task.id
    looking.priority = min(0, task.priority) - 1
    looking.body = Self.question(cause)
    _ = try await tasks.add(looking, id: id, author: "orch", now: world.now)
    return .began
  }

  private static func error(of cause: LessonEvidence, _ task: TaskView) -> String {
    ErrorNormaliser.normalise(
      task.attempts.first { $0.number == cause.failed }?.error ?? "checks failed")
  }

  private static func question(_ cause: LessonEvidence) -> String {
    let name = "`\(cause.task.prefix(6))`"
    let files = ([cause.failed] + (cause.succeeded.map { [$0] } ?? []))
      .map { "`\(Self.instructionFile($0))`" }.joined(separator: " and ")
    let first =
      cause.succeeded.map {
        "Attempt \(cause.failed) of task \(name) failed and attempt \($0) succeeded. What made the difference?"
      } ?? "Task \(name) failed for good with attempt \(cause.failed). What was missing?"
    return first
      + " The reports of its attempts are below; what they were told is in \(files), beside"
      + " the file with this text, where this machine has it."
  }

  /// The name of the file with an earlier attempt's instructions.
  static func instructionFile(_ number: Int) -> String { "attempt-\(number)-prompt.md" }

  private func retireUseless() async throws {
    let lessons = try await lessonCache.all(trusting: options.trustedHosts)
    guard lessons.contains(where: { $0.isInForce && $0.origin.isMeasured }),
      let (lesson, reason) = LessonVerdict.next(lessons, try await effects(of: lessons))
    else { return }
    try await lessonStore.retire(
      lesson.id, because: reason, author: "orch",
      reverting: try await LessonHistory.origin(of: lesson, git))
  }

  /// Records what a retrospective worker found; returns what came of it, in words, or nil if there is no answer.
  func learned(_ task: TaskView, _ collected: Collected) async throws -> String? {
    guard task.kind == .retrospective, collected.outcome == .succeeded, let about = task.about,
      let subject = try? await tasks.find(about), let document = collected.document
    else { return nil }
    switch RetrospectiveAnswer.read(document.accomplished, summary: document.summary) {
    case .nothing(let why): return "nothing to learn: \(why)"
    case .unusable(let why): return "the answer could not be used: \(why)"
    case .lesson(let found):
      guard let evidence = Retrospection.cause(subject, now: subject.updatedAt) else { return nil }
      let views = try await tasks.all()
      var hosts: [String] = []
      for above in Lineage.line(of: subject, in: views).tasks {
        hosts += try await self.hosts(of: above.id)
      }
      let doubt = Retrospection.doubt(
        about: subject, among: views, createdBy: hosts,
        trusted: options.trustedHosts.union([tasks.state.host]))
      do {
        let (lesson, isNew) = try await lessonStore.learn(
          found, from: evidence, author: "task \(task.id.prefix(6))", doubt: doubt)
        let what = isNew ? (lesson.waitsBecause == nil ? "learned" : "proposed") : "confirmed"
        return "\(what) \(lesson.id.prefix(6)): \(lesson.text)"
      } catch let error as LessonError {
        return "the answer could not be used: \(error)"
      }
    }
  }

  private func hosts(of task: String) async throws -> [String] {
    guard let key = RecordID(task).map({ RecordKey(.tasks, $0) }) else { return [] }
    return try await tasks.state.read { state, repository in
      try state.record(key, in: repository)?.sequences.keys.sorted() ?? []
    }
  }
}

/// What was looked back at since this process began.
struct LookBackMemory: Sendable {
  /// The moment of each task's last change that was seen.
  private var seen: [String: Int] = [:]
  /// The tasks whose first attempt is in the figures of lessons.
  private var measured: Set<String> = []

  /// The tasks that changed, and whether one of them changes the figures of lessons.
  mutating func news(in tasks: some Sequence<TaskView>) -> (changed: [TaskView], hasFigures: Bool) {
    let changed = tasks.filter { seen[$0.id] != $0.updatedAt }
    var hasFigures = false
    for task in changed {
      guard let first = LessonEffect.firstDecided(task), !measured.contains(task.id) else {
        continue
      }
      measured.insert(task.id)
      if !first.lessons.isEmpty || !first.heldOut.isEmpty { hasFigures = true }
    }
    return (changed, hasFigures)
  }

  /// Remembers that a task needs no other look as it is.
  mutating func note(_ task: TaskView) { seen[task.id] = task.updatedAt }
}
