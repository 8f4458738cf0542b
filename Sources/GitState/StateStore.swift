public import Git2

/// The state of one repository, shared by the tasks of one process.
///
/// Writes that arrive while another is on its way to the disk go into the next turn together (group
/// commit without a timer). Every write is durable when its call returns; reads need no lock.
public actor StateStore {
  /// The most decisions that share one turn, so that no single commit waits for ever.
  public static let maximumDecisionsPerTurn = 256

  private struct Waiting {
    let decision: Decision
    let continuation: CheckedContinuation<Outcome, any Error>
  }

  /// The repository, for reading: `store.read { … }`.
  let repository: RepositoryActor
  let writer: StateWriter
  /// The last state that was written here or found sound.
  private(set) var known: ObjectID?
  /// What recovery found and nobody has asked for yet.
  var found: [StateRecovery.Finding] = []
  private var waiting: [Waiting] = []
  private var isWriting = false

  /// The folder for locks, cache and run directories.
  public nonisolated let folder: LocalFolder
  /// This machine's name in the state.
  public nonisolated let host: String

  /// Opens the state of the repository that contains `path`; does not create one.
  ///
  /// `hostName` is a wish for a machine that has no name yet; `clock` gives milliseconds since 1970.
  /// `redact` takes secrets out of every text and file before anything is made of it; what it takes out of
  /// JSON must leave JSON. `written` is given every change that is durable, in their order; it must be quick.
  public init(
    at path: String, hostName: String, identity: Signature,
    clock: @escaping @Sendable () -> Int, redact: (@Sendable ([UInt8]) -> [UInt8])? = nil,
    written: (@Sendable ([Change]) -> Void)? = nil,
    using generator: inout some RandomNumberGenerator
  ) throws(StateError) {
    do throws(OpenError) {
      repository = try RepositoryActor(at: path)
    } catch {
      throw .cannotOpen(error)
    }
    folder = try LocalFolder(commonDirectory: repository.commonDirectory)
    host = try folder.hostName(preferring: hostName, using: &generator)
    writer = StateWriter(
      folder: folder, host: host, identity: identity, clock: clock, redact: redact,
      written: written)
  }

  /// Makes the state's first commit, its alias and its log where they are missing; repeatable.
  public func initialise() async throws(StateError) {
    let writer = writer
    try await repository.run { repository throws(StateError) in
      try writer.initialise(in: repository)
    }
  }

  /// Decides and writes; returns when the result is durable and visible to git.
  ///
  /// Throws what the decision throws, or `StateError`.
  public func write(_ decision: Decision) async throws -> Outcome {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(Waiting(decision: decision, continuation: continuation))
      guard !isWriting else { return }
      isWriting = true
      Task { await self.writeWaiting() }
    }
  }

  /// Reads the newest state with a repository that no other work uses meanwhile.
  ///
  /// A state that somebody has put aside since the last look is put right first.
  public func read<Result: Sendable>(
    _ body:
      @escaping @Sendable (_ state: StateReader, _ repository: borrowing Repository) throws ->
      Result
  ) async throws -> Result {
    if known != nil { try await keepSound() }
    do {
      return try await readOnce(body)
    } catch StateError.notInitialised where known != nil {
      // It went between the two looks.
      try await keepSound()
      return try await readOnce(body)
    }
  }

  private func readOnce<Result: Sendable>(
    _ body:
      @escaping @Sendable (_ state: StateReader, _ repository: borrowing Repository) throws ->
      Result
  ) async throws -> Result {
    try await repository.run { repository in
      try body(try StateReader(in: repository), repository)
    }
  }

  /// Runs work that needs the repository but not the state.
  public func withRepository<Result: Sendable>(
    _ body: @escaping @Sendable (_ repository: borrowing Repository) throws -> Result
  ) async throws -> Result {
    try await repository.run { repository in try body(repository) }
  }

  /// Notes a state that is sound.
  func note(_ tip: ObjectID?) {
    if let tip { known = tip }
  }

  private func writeWaiting() async {
    while !waiting.isEmpty {
      let turn = Array(waiting.prefix(Self.maximumDecisionsPerTurn))
      waiting.removeFirst(turn.count)
      let decisions = turn.map(\.decision)
      let writer = writer
      do {
        // Nothing is written on top of what somebody else has put there.
        try await keepSound()
        let (results, tip) = try await repository.run { repository throws(StateError) in
          (try writer.write(decisions, in: repository), try? StateReader.tip(in: repository))
        }
        note(tip)
        for (waiting, result) in zip(turn, results) { waiting.continuation.resume(with: result) }
      } catch {
        for waiting in turn { waiting.continuation.resume(throwing: error) }
      }
    }
    isWriting = false
  }
}
