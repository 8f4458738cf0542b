internal import Engine
internal import Forge
internal import Workflow

/// Issues of a forge as the engine works with them.
///
/// A list of issues is one request that is free while none changed; comments are read only where something
/// was said since.
actor ForgeDesk: IssueDesk {
  private let source: ForgeSource
  private let label: String?
  private let name: String
  private let owner: String?
  private var heardAt: [Int: Int] = [:]

  /// A desk of a forge.
  ///
  /// Issues with the label become tasks; none do if it is nil. The name is what orders are addressed to.
  init(_ source: ForgeSource, label: String?, name: String = "orch", owner: String?) {
    self.source = source
    self.label = label
    self.name = name
    self.owner = owner
  }

  func survey(linked: Set<Int>) async throws -> IssueSurvey {
    let forge = try await source.forge()
    var survey = IssueSurvey()
    var silent: Set<Int> = []
    if let label {
      for issue in try await forge.issues(labelled: [label]) {
        survey.asked.append(
          AskedIssue(
            number: issue.number, title: issue.title, labels: issue.labels.filter { $0 != label }))
        if heardAt[issue.number] == issue.updatedAt { silent.insert(issue.number) }
        heardAt[issue.number] = issue.updatedAt
      }
    }
    for number in linked.subtracting(silent).sorted() {
      let comments: [Comment]
      do throws(ForgeError) {
        comments = try await forge.comments(on: number)
      } catch {
        guard case .notFound = error else { throw error }
        continue
      }
      for comment in comments where comment.by.isTrusted && !comment.isHidden {
        survey.orders += CommentOrders.orders(in: comment.body, to: name).enumerated().map {
          IssueOrder(
            id: "\(comment.id).\($0)", number: number, author: comment.by.author, verb: $1)
        }
      }
    }
    return survey
  }

  func report(_ task: TaskView, on issue: Int) async throws {
    let forge = try await source.forge()
    let text = KeyedText(ForgeTexts.status(task, owner: owner), key: "status/\(task.id)")
    _ = try await forge.putComment(text, on: issue)
    switch task.status {
    case .blocked, .needsReview:
      try await forge.addLabels([ForgeTexts.blockedLabel], to: issue)
    case .new, .routed, .inProgress, .inReview, .cancelled, .done:
      try await forge.removeLabel(ForgeTexts.blockedLabel, from: issue)
    }
  }
}
