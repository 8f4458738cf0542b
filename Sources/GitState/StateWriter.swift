internal import Git2
internal import JSON
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Turns decisions into commits on the state branch: one writer at a time, durable before it returns.
final class StateWriter: Sendable {
  /// How often a turn is begun anew because someone else moved the reference.
  static let maximumTries = 20

  /// How many turns go by between looks at the packs; short-lived processes look in their first.
  static let turnsPerConsolidation = 8

  private let turns = Atomic(0)
  let folder: LocalFolder
  let host: String
  private let identity: Signature
  let clock: @Sendable () -> Int
  let redact: (@Sendable ([UInt8]) -> [UInt8])?
  /// Is given the changes of a turn once they are durable.
  private let written: (@Sendable ([Change]) -> Void)?
  /// The tree of the last commit that this writer made or saw, with its folders already read.
  private let cached = Mutex<(tip: ObjectID, editor: TreeEditor)?>(nil)

  init(
    folder: LocalFolder, host: String, identity: Signature, clock: @escaping @Sendable () -> Int,
    redact: (@Sendable ([UInt8]) -> [UInt8])? = nil,
    written: (@Sendable ([Change]) -> Void)? = nil
  ) {
    self.folder = folder
    self.host = host
    self.identity = identity
    self.clock = clock
    self.redact = redact
    self.written = written
  }

  /// Carries out decisions in order, in one turn; each ends with an outcome or its own error.
  ///
  /// Throws `StateError` if nothing could be written at all.
  func write(
    _ decisions: [Decision], in repository: borrowing Repository
  ) throws(StateError) -> [Result<Outcome, any Error>] {
    let lock = try FileLock(path: folder.writerLock)
    let results = try attempts(decisions, in: repository)
    // Small packs are joined under the same lock; if that fails, a later turn tries again.
    if turns.add(1, ordering: .relaxed).oldValue % Self.turnsPerConsolidation == 0 {
      _ = try? PackConsolidator.consolidate(repository.commonDirectory + "/objects")
    }
    lock.release()
    return results
  }

  private func attempts(
    _ decisions: [Decision], in repository: borrowing Repository
  ) throws(StateError) -> [Result<Outcome, any Error>] {
    try untilDone(in: repository) { repository throws(StateError) in
      try self.turn(decisions, in: repository)
    }
  }

  /// Does some work anew until it has a result; nil from it means that someone else was first.
  func untilDone<Result>(
    in repository: borrowing Repository,
    _ work: (borrowing Repository) throws(StateError) -> Result?
  ) throws(StateError) -> Result {
    var delay = 2
    for _ in 0..<Self.maximumTries {
      // Looked at before anything is built: a lock of a killed process would cost a pack for each try.
      guard repository.waitForLock(of: RefLayout.state) else {
        throw .locked(path: "\(repository.commonDirectory)/\(RefLayout.state).lock")
      }
      if let result = try work(repository) { return result }
      // Another program moved the reference or holds its lock: git does so for milliseconds.
      Pause.milliseconds(Int.random(in: 1...delay))
      delay = min(delay * 2, 200)
    }
    throw .busy(tries: Self.maximumTries)
  }

  /// One try; nil if the reference was moved or locked by someone else.
  private func turn(
    _ decisions: [Decision], in repository: borrowing Repository
  ) throws(StateError) -> [Result<Outcome, any Error>]? {
    guard let tip = try StateReader.tip(in: repository) else {
      throw .notInitialised(repository: repository.commonDirectory)
    }
    try refuseNewerFormat(tip, in: repository)
    let start = StateBatch(
      tip: tip, editor: try editor(for: tip, in: repository), host: host, identity: identity,
      now: clock())
    var batch = start
    var added: [Change] = []
    var results: [Result<[RecordKey], any Error>] = []
    for decision in decisions {
      let result = decide(decision, &batch, in: repository)
      results.append(result.map { $0.map(\.key) })
      switch result {
      case .success(let changes): added += changes
      case .failure:
        guard !batch.isWhole else { continue }
        // A decision that failed half way is undone by adding what came before it anew.
        batch = start
        for change in added { try batch.add(change, in: repository) }
      }
    }
    try batch.finish()
    guard let newTip = batch.tip, newTip != tip else {
      return results.map { $0.map { _ in Outcome(tip: tip.hex, records: [:]) } }
    }
    guard try publish(batch.pack, moving: tip, to: newTip, in: repository) else { return nil }
    written?(added)
    batch.editor.trim()
    let kept = batch.editor
    cached.withLock { $0 = (newTip, kept) }
    let records = batch.records.compactMapValues { $0 }
    return results.map { result in
      result.map { keys in
        Outcome(tip: newTip.hex, records: records.filter { keys.contains($0.key) })
      }
    }
  }

  /// Makes the objects durable, then moves the reference; false if someone else was first.
  func publish(
    _ pack: PackWriter, moving old: ObjectID?, to new: ObjectID,
    in repository: borrowing Repository
  ) throws(StateError) -> Bool {
    do throws(PackError) {
      try pack.write(into: repository.commonDirectory + "/objects")
    } catch {
      throw .writing(error)
    }
    do throws(GitError) {
      try repository.setReference(RefLayout.state, to: new, expecting: old, log: "orch")
      return true
    } catch {
      switch error.code {
      case .modified, .locked, .exists, .notFound: return false
      default: throw .git(error)
      }
    }
  }

  /// Makes the first commits and the alias; does nothing where they are.
  func initialise(in repository: borrowing Repository) throws(StateError) {
    let lock = try FileLock(path: folder.writerLock)
    if try StateReader.tip(in: repository) == nil {
      var batch = StateBatch(
        tip: nil, editor: try TreeEditor(root: nil, in: repository), host: host,
        identity: identity, now: clock())
      let genesis = try batch.addGenesis()
      try batch.put(Array(Genesis.readme.utf8), at: ["README.md"], in: repository)
      try batch.put(Genesis.formatFile, at: ["meta", "format.json"], in: repository)
      try batch.put(joinLine(), at: ["meta", "log", "\(host).jsonl"], in: repository)
      let text = "orch: state begun on \(host)\n\nOrch-Host: \(host)\nOrch-Format: 1\n"
      try batch.commit(text, clock())
      do throws(GitError) { try repository.ensureReferenceLog(RefLayout.state) } catch {
        throw .git(error)
      }
      guard let tip = batch.tip, tip != genesis,
        try publish(batch.pack, moving: nil, to: tip, in: repository)
      else { throw .busy(tries: 1) }
    }
    try Alias.ensure(in: repository)
    lock.release()
  }

  /// Writes which remote keeps the claims, unless the state says so already.
  func elect(_ mark: ArbiterMark, in repository: borrowing Repository) throws(StateError) {
    let lock = try FileLock(path: folder.writerLock)
    _ = try untilDone(in: repository) { repository throws(StateError) -> Bool? in
      let reader = try StateReader(in: repository)
      try self.refuseNewerFormat(reader.tip, in: repository)
      if try ArbiterMark(of: reader, in: repository) != nil { return true }
      var batch = StateBatch(
        tip: reader.tip, editor: try TreeEditor(root: reader.root, in: repository),
        host: self.host, identity: self.identity, now: self.clock())
      try batch.put(mark.json.canonicalBytes, at: ["meta", ArbiterMark.file], in: repository)
      try batch.commit(
        "orch: the remote that keeps the claims\n\nOrch-Host: \(self.host)\nOrch-Format: 1\n",
        self.clock())
      guard let tip = batch.tip else { return nil }
      return try self.publish(batch.pack, moving: reader.tip, to: tip, in: repository) ? true : nil
    }
    lock.release()
  }

  private func joinLine() -> [UInt8] {
    let json: JSONValue = [
      "v": 1, "t": .number(clock()), "h": .string(host), "n": 1, "k": "host.joined",
    ]
    return json.canonicalBytes + [0x0A]
  }

  private func editor(
    for tip: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> TreeEditor {
    if let known = cached.withLock({ $0 }), known.tip == tip { return known.editor }
    return try TreeEditor(root: StateReader(at: tip, in: repository).root, in: repository)
  }

  private func refuseNewerFormat(
    _ tip: ObjectID, in repository: borrowing Repository
  ) throws(StateError) {
    if let known = cached.withLock({ $0 }), known.tip == tip { return }
    let root = try StateReader(at: tip, in: repository).root
    try StateFormat(of: root, in: repository)?.requireWriter()
  }

  /// Runs one decision; its failure is its own result and not the turn's.
  private func decide(
    _ decision: Decision, _ batch: inout StateBatch, in repository: borrowing Repository
  ) -> Result<[Change], any Error> {
    do {
      var records: [RecordKey: Record] = [:]
      for key in decision.keys {
        if let record = try batch.record(key, in: repository) { records[key] = record }
      }
      let changes = try decision.decide(records).map { $0.redacted(by: redact) }
      for change in changes {
        batch.isWhole = false
        try batch.add(change, in: repository)
      }
      batch.isWhole = true
      return .success(changes)
    } catch {
      return .failure(error)
    }
  }
}

/// Waits without burning the processor: between tries for a lock that git holds for milliseconds.
private enum Pause {
  static func milliseconds(_ count: Int) {
    var time = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
    nanosleep(&time, nil)
  }
}
