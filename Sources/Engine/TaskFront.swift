public import Workflow

/// What `status` and an unfiltered `list` show, without the other tasks.
public struct TaskFront: Sendable, Hashable {
  /// The tasks of each live status that are kept, most urgent first.
  public static let leadingCount = 20
  /// The tasks that are kept of all, newest first.
  public static let newestCount = 50
  /// The statuses of which something is to be shown.
  static let liveStatuses = TaskStatus.allCases.filter { !$0.isTerminal }

  /// How many tasks stand where; statuses without tasks are missing.
  public var counts: [TaskStatus: Int] = [:]
  /// What all tasks cost, in US dollars.
  public var costUSD = 0.0
  /// The most urgent tasks of each live status, in the planner's order.
  public var leading: [TaskStatus: [TaskSummary]] = [:]
  /// The most urgent tasks whose workers ask something, in the planner's order.
  public var asking: [TaskSummary] = []
  /// The newest tasks.
  public var newest: [TaskSummary] = []

  /// The number of tasks.
  public var total: Int { counts.values.reduce(0, +) }

  /// What a table's tasks show.
  public init(_ table: TaskTable) {
    counts = table.counts
    costUSD = table.costUSD
    for status in Self.liveStatuses {
      let rows = table.leading(status, count: Self.leadingCount)
      if !rows.isEmpty { leading[status] = table.summaries(rows) }
    }
    asking = table.summaries(table.asking(count: Self.leadingCount))
    newest = table.summaries(table.newest(Self.newestCount))
  }

  /// What some tasks show.
  public init(_ tasks: some Sequence<TaskView>) { self.init(TaskTable(tasks)) }
}

extension TaskFront {
  /// The form in the index: counts by rank, cost, and rows.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for status in TaskStatus.byRank { TaskSummary.append(Int64(counts[status] ?? 0), to: &bytes) }
    TaskSummary.append(costUSD.bitPattern, to: &bytes)
    for tasks in Self.liveStatuses.map({ leading[$0] ?? [] }) + [asking, newest] {
      TaskSummary.append(UInt32(tasks.count), to: &bytes)
      for task in tasks { task.append(to: &bytes) }
    }
    return bytes
  }

  /// Reads the form in the index; nil if it is not one.
  init?(bytes: [UInt8]) {
    let front = bytes.withUnsafeBytes { buffer -> TaskFront? in
      var front = TaskFront(TaskTable([TaskView]()))
      var reader = RowReader(buffer, from: 0)
      for status in TaskStatus.byRank {
        guard let count: Int64 = reader.number(), count >= 0 else { return nil }
        if count > 0 { front.counts[status] = Int(count) }
      }
      guard let cost: UInt64 = reader.number() else { return nil }
      front.costUSD = Double(bitPattern: cost)
      for status in Self.liveStatuses {
        guard let tasks = Self.rows(&reader, buffer) else { return nil }
        if !tasks.isEmpty { front.leading[status] = tasks }
      }
      guard let asking = Self.rows(&reader, buffer), let newest = Self.rows(&reader, buffer) else {
        return nil
      }
      front.asking = asking
      front.newest = newest
      return front
    }
    guard let front else { return nil }
    self = front
  }

  private static func rows(
    _ reader: inout RowReader, _ buffer: UnsafeRawBufferPointer
  ) -> [TaskSummary]? {
    guard let count: UInt32 = reader.number() else { return nil }
    var tasks: [TaskSummary] = []
    for _ in 0..<count {
      guard let head = TaskRowHead(buffer, at: reader.position),
        let task = TaskSummary(buffer, at: reader.position)
      else { return nil }
      tasks.append(task)
      reader = RowReader(buffer, from: head.range.upperBound)
    }
    return tasks
  }
}
