public import Workflow

/// The summaries of all tasks, newest first, as rows of bytes that are read where they are needed.
public struct TaskTable: Sendable {
  /// The rows, one after the other.
  let body: [UInt8]
  private let heads: [TaskRowHead]

  /// The table of some tasks.
  public init(_ tasks: some Sequence<TaskView>) {
    self = TaskTable(rows: [], heads: []).replacing([], with: tasks.map(TaskSummary.init))
  }

  /// Reads rows; nil if they are not whole or not in order.
  init?(body: [UInt8]) {
    let heads = Self.heads(body)
    guard heads.last?.range.upperBound ?? 0 == body.count,
      zip(heads, heads.dropFirst()).allSatisfy(TaskRowHead.isNewer)
    else { return nil }
    self.init(rows: body, heads: heads)
  }

  /// The rows up to the first that is not whole.
  private static func heads(_ body: [UInt8]) -> [TaskRowHead] {
    var heads: [TaskRowHead] = []
    heads.reserveCapacity(body.count / TaskRowHead.byteCount)
    body.withUnsafeBytes { buffer in
      while let head = TaskRowHead(buffer, at: heads.last?.range.upperBound ?? 0) {
        heads.append(head)
      }
    }
    return heads
  }

  private init(rows: [UInt8], heads: [TaskRowHead]) {
    body = rows
    self.heads = heads
  }

  /// The number of tasks.
  public var count: Int { heads.count }

  /// How many tasks stand where; statuses without tasks are missing.
  var counts: [TaskStatus: Int] {
    var byRank = [Int](repeating: 0, count: TaskStatus.allCases.count)
    for head in heads { byRank[head.status.rank] += 1 }
    let pairs = TaskStatus.allCases.map { ($0, byRank[$0.rank]) }.filter { $0.1 > 0 }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  /// What all tasks cost; summed newest first, so that the same tasks always give the same number.
  public var costUSD: Double { heads.reduce(0) { $0 + $1.costUSD } }

  /// The table without the tasks of some names and with others instead.
  func replacing(_ ids: Set<UInt64>, with tasks: [TaskSummary]) -> TaskTable {
    var added: [UInt8] = []
    for task in tasks { task.append(to: &added) }
    let newHeads = Self.heads(added).sorted(by: TaskRowHead.isNewer)
    var rows: [UInt8] = []
    rows.reserveCapacity(body.count + added.count)
    var rowHeads: [TaskRowHead] = []
    rowHeads.reserveCapacity(heads.count + newHeads.count)
    func add(_ head: TaskRowHead) {
      rowHeads.append(head.moved(by: rows.count - head.range.lowerBound))
      rows += added[head.range]
    }
    var next = 0
    var copied = 0
    for head in heads {
      let isGone = ids.contains(head.id)
      if isGone || (next < newHeads.count && TaskRowHead.isNewer(newHeads[next], head)) {
        // What stands before this row goes first; rows that stay are copied in runs.
        rows += body[copied..<head.range.lowerBound]
        copied = isGone ? head.range.upperBound : head.range.lowerBound
        while next < newHeads.count, TaskRowHead.isNewer(newHeads[next], head) {
          add(newHeads[next])
          next += 1
        }
      }
      if !isGone { rowHeads.append(head.moved(by: rows.count - copied)) }
    }
    rows += body[copied...]
    for head in newHeads[next...] { add(head) }
    return TaskTable(rows: rows, heads: rowHeads)
  }

  /// The newest tasks of some statuses that a test lets through, and how many it lets through in all.
  ///
  /// Without a test, only the tasks that are shown are read.
  public func newest(
    _ limit: Int, of statuses: [TaskStatus] = TaskStatus.allCases,
    where isWanted: ((TaskSummary) -> Bool)? = nil
  ) -> (shown: [TaskSummary], total: Int) {
    var wanted = heads
    if statuses.count < TaskStatus.allCases.count {
      wanted = heads.filter { statuses.contains($0.status) }
    }
    guard let isWanted else { return (summaries(Array(wanted.prefix(limit))), wanted.count) }
    let found = summaries(wanted).filter(isWanted)
    return (Array(found.prefix(limit)), found.count)
  }

  /// The names of all tasks that are not over, in the planner's order.
  public var openIDs: [String] {
    let open = heads.filter { !$0.status.isTerminal }
    return leading(open, count: open.count).map { TaskSummary.digits($0.id) }
  }

  func newest(_ limit: Int) -> [TaskRowHead] { Array(heads.prefix(limit)) }

  /// The first tasks of a status in the planner's order (`Planner.order` of these tasks alone).
  func leading(_ status: TaskStatus, count limit: Int) -> [TaskRowHead] {
    leading(heads.filter { $0.status == status }, count: limit)
  }

  /// The first tasks that ask something, in the planner's order of these tasks alone.
  func asking(count limit: Int) -> [TaskRowHead] {
    leading(heads.filter(\.asks), count: limit)
  }

  func summaries(_ rows: [TaskRowHead]) -> [TaskSummary] {
    body.withUnsafeBytes { buffer in
      rows.compactMap { TaskSummary(buffer, at: $0.range.lowerBound) }
    }
  }

  private func leading(_ rows: [TaskRowHead], count limit: Int) -> [TaskRowHead] {
    let waiting = rows.filter { $0.hasPredecessors && !$0.status.isTerminal }
    let wanted = Set(summaries(waiting).flatMap(\.after).compactMap(TaskSummary.number))
    let precedes = { (left: TaskRowHead, right: TaskRowHead) -> Bool in
      if left.priority != right.priority { return left.priority > right.priority }
      if left.hasPullRequest != right.hasPullRequest { return left.hasPullRequest }
      let leftWanted = wanted.contains(left.id)
      if leftWanted != wanted.contains(right.id) { return leftWanted }
      return TaskRowHead.isNewer(right, left)
    }
    guard limit < rows.count else { return rows.sorted(by: precedes) }
    // Oldest first: most rows then lose against the last of those that are kept.
    var first: [TaskRowHead] = []
    for row in rows.reversed() {
      if first.count == limit, let last = first.last, !precedes(row, last) { continue }
      let place = first.firstIndex { precedes(row, $0) } ?? first.endIndex
      first.insert(row, at: place)
      if first.count > limit { first.removeLast() }
    }
    return first
  }
}
