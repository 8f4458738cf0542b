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
    // With so much news, some of it may be behind the end of the list: then everything is read again.
    let isCut =
      newest > 0 && activity.count >= ForgeLimits.activities
      && (activity.last?.updatedAt ?? 0) > newest
    var read: [Int: Mark] = [:]
    var problem: ForgeError?
    for number in linked.sorted() {
      let mark = isCut ? nil : marks[number]
      let updatedAt = moved[number] ?? mark?.updatedAt ?? 0
      let isKnown = mark?.updatedAt == updatedAt
      if isKnown, mark?.isSettled == true {
        read[number] = mark
        continue
      }
      // What could not be read has no mark, so that it comes first the next time.
      if problem != nil { continue }
      do throws(ForgeError) {
        survey.orders += try await orders(on: number, forge)
        // A second is the forge's smallest time: what it holds is read once more.
        read[number] = Mark(updatedAt: updatedAt, isSettled: isKnown)
      } catch {
        problem = error
      }
    }
    if takesMentions, problem == nil {
      for item in activity where item.closedAt == nil && !item.isPullRequest {
        if linked.contains(item.number) { continue }
        let mark = marks[item.number]
        let isKnown = mark?.updatedAt == item.updatedAt
        if isKnown, mark?.isSettled == true {
          read[item.number] = mark
          continue
        }
        do throws(ForgeError) {
          let isAsked = try await isMentioned(on: item.number, forge)
          // It is read once more: by then it is a task, which is told what was written.
          read[item.number] = Mark(updatedAt: item.updatedAt, isSettled: isKnown)
          guard isAsked else { continue }
          survey.asked.append(
            AskedIssue(number: item.number, title: item.title, labels: item.labels))
        } catch {
          problem = error
          break
        }
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
    newest = read.newest
    if let problem = read.problem { throw problem }
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
