/// What a person should know of a plan before saying yes.
public enum PlanRemark: Sendable, Hashable {
  /// Two pieces may run at the same time and change the same files.
  case overlap(Int, Int, files: [String])
  /// A piece changes files that another task is changing now.
  case busy(Int, task: String, files: [String])
  /// A piece does not say how anyone can tell that it is done.
  case noAcceptance(Int)
  /// A piece asks for an agent that is not configured; routing chooses instead.
  case unknownAgent(Int, String)

  /// The remark for a person; pieces are counted from 1.
  public var sentence: String {
    switch self {
    case .overlap(let first, let second, let files):
      "\(first) and \(second) may run at once and both change \(Self.list(files))"
    case .busy(let piece, let task, let files):
      "\(piece) changes \(Self.list(files)), which \(task.prefix(6)) is changing now"
    case .noAcceptance(let piece): "\(piece) does not say how to tell that it is done"
    case .unknownAgent(let piece, let agent):
      "\(piece) asks for the agent '\(agent)', which is not configured: routing will choose"
    }
  }

  private static func list(_ files: [String]) -> String {
    let shown = files.prefix(3).joined(separator: ", ")
    return files.count > 3 ? "\(shown) and \(files.count - 3) more" : shown
  }
}

/// Looks at a plan as a person would.
public enum PlanReview {
  /// The most remarks that are kept.
  static let maximumRemarks = 20

  /// What stands out, the risk of conflicts first.
  ///
  /// `busy` are other tasks with the files that they are changing; `agents` are those that are configured.
  public static func remarks(
    on plan: WorkPlan, busy: [(task: String, files: [String])], agents: Set<String>
  ) -> [PlanRemark] {
    let files = plan.tasks.map(\.files)
    var remarks: [PlanRemark] = []
    for second in plan.tasks.indices {
      let before = plan.predecessors(of: second)
      for first in 0..<second
      where !before.contains(first) && !plan.predecessors(of: first).contains(second) {
        let shared = common(files[first], files[second])
        if !shared.isEmpty { remarks.append(.overlap(first + 1, second + 1, files: shared)) }
      }
    }
    for piece in plan.tasks.indices {
      for other in busy {
        let shared = common(files[piece], other.files)
        if !shared.isEmpty { remarks.append(.busy(piece + 1, task: other.task, files: shared)) }
      }
    }
    for (piece, task) in plan.tasks.enumerated() {
      if let agent = task.agent, !agents.contains(agent) {
        remarks.append(.unknownAgent(piece + 1, agent))
      }
      if !task.hasAcceptance { remarks.append(.noAcceptance(piece + 1)) }
    }
    return Array(remarks.prefix(maximumRemarks))
  }

  /// Files of one list that are in the other, or below a folder of it.
  private static func common(_ left: [String], _ right: [String]) -> [String] {
    left.filter { file in
      right.contains { $0 == file || covers($0, file) || covers(file, $0) }
    }
  }

  private static func covers(_ folder: String, _ file: String) -> Bool {
    folder.hasSuffix("/") && file.hasPrefix(folder)
  }
}

/// Whether a person says yes to a plan before its tasks are made.
public enum PlanApproval {
  /// Only plans wait: what an implementing worker hands on is a part of work that was asked for already.
  public static func isNeeded(for kind: TaskKind, isAutomatic: Bool) -> Bool {
    kind == .spec && !isAutomatic
  }

  /// What the person reads.
  public static func reason(_ plan: WorkPlan, task: String) -> String {
    let parts = plan.tasks.count == 1 ? "1 part" : "\(plan.tasks.count) parts"
    return "a plan of \(parts) waits: orch task approve \(task.prefix(6)), or reject it with --why"
  }
}
