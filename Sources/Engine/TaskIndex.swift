public import Git2
public import GitState
internal import Workflow

/// The summaries of all tasks of the newest state, kept in a file of the cache.
///
/// The file is keyed by the state's tip. A reader that finds an older one reads only the tasks that have
/// changed since; one that finds none, or a damaged one, reads all. See `IndexFile`.
public struct TaskIndex: Sendable {
  /// Raised whenever rows, or what their fields mean, change.
  public static let layout = 4

  /// The state that it was made from.
  public let state: StateReader
  /// The tasks.
  public let table: TaskTable
  /// What lists show first, if it was made for the cache.
  private let newFront: TaskFront?

  /// What lists show first.
  public var front: TaskFront { newFront ?? TaskFront(table) }

  /// Where the file is, below a repository's common directory.
  public static func path(in commonDirectory: String) -> String {
    commonDirectory + "/orch/cache/tasks"
  }

  /// What lists show first, if the index of the commit `tip` is at hand; nil otherwise.
  ///
  /// `version` is that of the program: another one may have understood the events differently.
  public static func front(
    of tip: ObjectID, in commonDirectory: String, version: String
  ) -> TaskFront? {
    IndexFile.front(path: path(in: commonDirectory), schema: schema(version), tip: tip)
      .flatMap(TaskFront.init(bytes:))
  }

  /// The index of the newest state, brought up to date and put into the cache if it was not there.
  ///
  /// Throws `StateError`; a cache that cannot be read or written is no error.
  public init(in repository: borrowing Repository, version: String) throws(StateError) {
    let state = try StateReader(in: repository)
    self.state = state
    let common = repository.commonDirectory
    let path = Self.path(in: common)
    let schema = Self.schema(version)
    let file = IndexFile(path: path, schema: schema)
    let known = file.flatMap { file in
      TaskTable(body: file.body).map { (tip: file.tip, table: $0) }
    }
    if let known, known.tip == state.tip {
      table = known.table
      newFront = nil
      return
    }
    if let known,
      let updated = try Self.update(known.table, from: known.tip, to: state, in: repository)
    {
      table = updated
    } else {
      table = try Self.build(state, in: repository)
    }
    // Made where it is missing; a repository that cannot be written to is read without.
    _ = try? LocalFolder(commonDirectory: common)
    let front = TaskFront(table)
    newFront = front
    IndexFile(tip: state.tip, front: front.bytes, body: table.body)
      .write(to: path, schema: schema)
  }

  private static func build(
    _ state: StateReader, in repository: borrowing Repository
  ) throws(StateError) -> TaskTable {
    TaskTable(try state.records(of: .tasks, in: repository).map { TaskView($0) })
  }

  /// Nil if the older state is no longer there.
  private static func update(
    _ table: TaskTable, from tip: ObjectID, to state: StateReader,
    in repository: borrowing Repository
  ) throws(StateError) -> TaskTable? {
    guard let earlier = try? StateReader(at: tip, in: repository) else { return nil }
    let changed = try state.changedRecords(since: earlier, of: .tasks, in: repository)
    var tasks: [TaskSummary] = []
    for id in changed {
      guard let record = try state.record(RecordKey(.tasks, id), in: repository) else { continue }
      tasks.append(TaskSummary(TaskView(record)))
    }
    return table.replacing(Set(changed.compactMap { TaskSummary.number($0.text) }), with: tasks)
  }

  /// FNV-1a of everything that decides what the bytes mean.
  static func schema(_ version: String) -> UInt64 {
    "orch \(version), layout \(layout), fold \(Record.foldVersion)".utf8
      .reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
