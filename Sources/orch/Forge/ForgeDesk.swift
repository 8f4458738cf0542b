internal import Engine
internal import Forge
internal import Workflow

/// Issues of a forge as the engine works with them.
///
/// Two lists tell what moved, and are free while nothing did; comments are read only where something moved. What
/// was read counts as heard only once it is stored.
actor ForgeDesk: IssueDesk {
  private let source: ForgeSource
  private let label: String?
  private let name: String
  private let owner: String?
  private let takesMentions: Bool
  private var marks: [Int: Mark] = [:]
  private var newest = 0
  /// What the last survey read, until it is stored.
  private var pending: (marks: [Int: Mark], newest: Int, problem: ForgeError?)?

  /// Until when the comments of an issue or pull request were read.
  private struct Mark: Sendable, Hashable {
    /// When something happened there last, as the forge said before they were read.
    var updatedAt: Int
    /// True if nothing more can have happened within the same second.
    var isSettled: Bool
  }

  /// A desk of a forge.
  ///
  /// Issues with the label become tasks; none do if it is nil. The name is what orders are addressed to. With
  /// `takesMentions`, an open issue becomes a task too once somebody who belongs writes to that name there.
  init(
    _ source: ForgeSource, label: String?, name: String = "orch", owner: String?,
    takesMentions: Bool = false
  ) {
    self.takesMentions = takesMentions
    self.source = source
    self.label = label
    self.name = name
    self.owner = owner
  }

  func survey(linked: Set<Int>) async throws -> IssueSurvey {
    let forge = try await source.forge()
    var survey = IssueSurvey()
    if let label {
      survey.asked = try await forge.issues(labelled: [label]).map { issue in
        AskedIssue(
          number: issue.number, title: issue.title, labels: issue.labels.filter { $0 != label })
      }
    }
    let activity = try await forge.activity()
    for item in activity { survey.closed[item.number] = item.closedAt }
    let moved = Dictionary(
      activity.map { ($0.number, $0.updatedAt) }, uniquingKeysWith: { first, _ in first })
    // With so much news, some of it may be behind the end of the list.
    let isCut =
      activity.count >= ForgeLimits.activities && (activity.last?.updatedAt ?? 0) > newest
    var read = marks.filter { linked.contains($0.key) }
    var problem: ForgeError?
    for number in linked.sorted() {
      let mark = marks[number]
      let updatedAt = moved[number] ?? mark?.updatedAt ?? 0
      let isKnown = mark?.updatedAt == updatedAt
      if !isCut, isKnown, mark?.isSettled == true { continue }
      do throws(ForgeError) {
        survey.orders += try await orders(on: number, forge)
        // A second is the forge's smallest time: what it holds is read once more.
        read[number] = Mark(updatedAt: updatedAt, isSettled: isKnown)
      } catch {
        problem = error
        break
      }
    }
    if takesMentions, problem == nil {
      for item in activity where item.closedAt == nil && !item.isPullRequest {
        if linked.contains(item.number) { continue }
        let mark = marks[item.number]
        let isKnown = mark?.updatedAt == item.updatedAt
        read[item.number] = Mark(updatedAt: item.updatedAt, isSettled: isKnown)
        if isKnown, mark?.isSettled == true { continue }
        do throws(ForgeError) {
          guard try await isMentioned(on: item.number, forge) else { continue }
        } catch {
          problem = error
          break
        }
        // Its orders are read once more when it is a task.
        read[item.number] = nil
        survey.asked.append(
          AskedIssue(number: item.number, title: item.title, labels: item.labels))
      }
    }
    pending = (read, activity.first?.updatedAt ?? newest, problem)
    return survey
  }

  /// True if somebody who belongs asks for something on an issue.
  private func isMentioned(on number: Int, _ forge: any Forge) async throws(ForgeError) -> Bool {
    try await orders(on: number, forge).contains { order in
      if case .tell = order.verb { true } else { false }
    }
  }

  func heard() async throws {
    guard let read = pending else { return }
    pending = nil
    marks = read.marks
    if let problem = read.problem { throw problem }
    newest = read.newest
  }

  private func orders(
    on number: Int, _ forge: any Forge
  ) async throws(ForgeError) -> [IssueOrder] {
    let comments: [Comment]
    do throws(ForgeError) {
      comments = try await forge.comments(on: number)
    } catch {
      guard case .notFound = error else { throw error }
      return []
    }
    // Whoever lends orch an account gives orders under it too: its own texts are known by their mark.
    let trusted = comments.filter {
      $0.by.isTrusted && !$0.isHidden && KeyedText.key(of: $0.body) == nil
    }
    return trusted.flatMap { comment in
      CommentOrders.orders(in: comment.body, to: name).enumerated().map {
        IssueOrder(
          id: "\(comment.id).\($0)", number: number, author: comment.by.author, verb: $1,
          saidAt: comment.by.createdAt > 0 ? comment.by.createdAt : nil)
      }
    }
  }

  func report(_ task: TaskView, on issue: Int) async throws {
    let forge = try await source.forge()
    let text = KeyedText(ForgeTexts.status(task, owner: owner), key: "status/\(task.id)")
    _ = try await forge.putComment(text, on: issue)
    switch task.status {
    case .blocked, .needsReview:
      try await forge.addLabels([ForgeTexts.blockedLabel], to: issue)
    case .new, .routed, .inProgress, .inReview, .cancelled, .done:
      // A person may have put it there: only what the last report put there is taken away.
      guard task.wasReportedStanding else { return }
      try await forge.removeLabel(ForgeTexts.blockedLabel, from: issue)
    }
  }
}

extension TaskView {
  /// True if its issue was told last that it stands still.
  fileprivate var wasReportedStanding: Bool {
    let status = reported?.split(separator: " ").first.flatMap { TaskStatus(rawValue: String($0)) }
    return status == .blocked || status == .needsReview
  }
}
