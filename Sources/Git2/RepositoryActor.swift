/// One repository that many tasks may use: each piece of work runs alone, on a queue of its own.
///
/// libgit2's objects belong to one thread at a time and its error text to the thread of the call;
/// a closure given to `run` has no suspension point, so both hold. A second worker opens a second
/// actor on the same path: that costs well under a millisecond.
public actor RepositoryActor {
  private let executor: QueueExecutor
  private let repository: Repository

  /// The executor: a serial queue of this actor alone.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// The folder shared by all worktrees of the repository.
  public nonisolated let commonDirectory: String

  /// Opens the repository that contains `path`.
  public init(at path: String) throws(OpenError) {
    let repository = try Repository(at: path)
    commonDirectory = repository.commonDirectory
    self.repository = repository
    executor = QueueExecutor(label: "orch.repository")
  }

  /// Runs one piece of work with the repository; only values can leave it.
  public func run<Result: Sendable, Failure: Error>(
    _ body: @Sendable (borrowing Repository) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(repository)
  }
}
