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
  private let watchLabel: String?
  private let name: String
  private let owner: String?
  private let assigns: Bool
  private let takesMentions: Bool
  private let people: ForgePeople
  private var marks: [Int: Mark] = [:]
  private var newest = 0
  /// What the last survey read, until it is stored.
  private var pending: Reading?

  /// Until when the comments of an issue or pull request were read.
  private struct Mark: Sendable, Hashable {
    /// When something happened there last, as the forge said before they were read.
    var updatedAt: Int
    /// True if nothing more can have happened within the same second.
    var isSettled: Bool
  }

  /// What one survey read so far.
  private struct Reading {
    var marks: [Int: Mark] = [:]
    var newest = 0
    var problem: ForgeError?
  }

  /// A desk of a forge.
  ///
  /// Issues with the label become tasks, and pull requests with the `watchLabel` are watched; none are if it is nil. The
  /// name is what orders are addressed to, `people`
  /// says whose count. With `takesMentions`, an open issue becomes a task too once one of them writes to that
  /// name there.
  init(
    _ source: ForgeSource, label: String?, watchLabel: String? = nil, name: String = "orch",
    owner: String?, assigns: Bool = true,
    takesMentions: Bool = false, people: ForgePeople = ForgePeople()
  ) {
    self.takesMentions = takesMentions
    self.source = source
    self.label = label
    self.watchLabel = watchLabel
    self.name = name
    self.owner = owner
    self.assigns = assigns
    self.people = people
  }

  func survey(of links: IssueLinks) async throws -> IssueSurvey {
    let forge = try await source.forge()
    var survey = IssueSurvey()
    survey.label = label
    survey.watchLabel = watchLabel
    var items: [IssueSummary] = []
    if let label {
      items = try await forge.items(labelled: [label])
      survey.asked = Self.asked(items.filter { !$0.isPullRequest }, label)
    }
    if let watchLabel {
      // The same label is listed once.
      if watchLabel != label { items = try await forge.items(labelled: [watchLabel]) }
      survey.pulls = Self.asked(items.filter(\.isPullRequest), watchLabel)
    }
    let activity = try await forge.activity()
    for item in activity {
      survey.news[item.number] = IssueNews(
        updatedAt: item.updatedAt, closedAt: item.closedAt, labels: item.labels)
    }
    var reading = Reading(newest: activity.first?.updatedAt ?? newest)
    survey.orders = await orders(links, activity, &reading, forge)
    if takesMentions, reading.problem == nil {
      survey.asked += await mentioned(activity, besides: links, &reading, forge)
    }
    pending = reading
    return survey
  }

  private static func asked(_ items: [IssueSummary], _ label: String) -> [AskedIssue] {
    items.map { item in
      AskedIssue(
        number: item.number, title: item.title,
        labels: item.labels.filter { $0.lowercased() != label.lowercased() },
        updatedAt: item.updatedAt)
    }
  }

  func heard() async throws {
    guard let read = pending else { return }
    pending = nil
    marks = read.marks
    newest = read.newest
    if let problem = read.problem { throw problem }
  }

  /// The orders on what tasks speak of, as far as something happened there.
  private func orders(
    _ links: IssueLinks, _ activity: [RecentActivity], _ reading: inout Reading, _ forge: any Forge
  ) async -> [IssueOrder] {
    let moved = Dictionary(
      activity.map { ($0.number, $0.updatedAt) }, uniquingKeysWith: { first, _ in first })
    // With so much news, some of it may be behind the end of the list: then everything is read again.
    let isCut =
      newest > 0 && activity.count >= ForgeLimits.activities
      && (activity.last?.updatedAt ?? 0) > newest
    // Who wants work done again whose issue is open says so there; what is closed is opened first.
    let again = activity.filter { $0.closedAt == nil && links.over.contains($0.number) }
    var wanted: [(number: Int, mark: Mark)] = []
    for number in (links.open.union(again.map(\.number))).sorted() {
      let mark = isCut ? nil : marks[number]
      let updatedAt = moved[number] ?? mark?.updatedAt ?? 0
      let isKnown = mark?.updatedAt == updatedAt
      if isKnown, mark?.isSettled == true {
        reading.marks[number] = mark
      } else {
        // A second is the forge's smallest time: what it holds is read once more.
        wanted.append((number, Mark(updatedAt: updatedAt, isSettled: isKnown)))
      }
    }
    var orders: [IssueOrder] = []
    do throws(ForgeError) {
      let numbers = wanted.map(\.number).filter(links.pulls.contains)
      let words = try await reviewWords(on: numbers, forge)
      for (number, mark) in wanted {
        orders += try await self.orders(on: number, forge) + (words[number] ?? [])
        reading.marks[number] = mark
      }
    } catch {
      // What could not be read has no mark, so that it comes first the next time.
      reading.problem = error
    }
    return orders
  }

  /// Open issues of no task on which somebody asks for something.
  private func mentioned(
    _ activity: [RecentActivity], besides links: IssueLinks, _ reading: inout Reading,
    _ forge: any Forge
  ) async -> [AskedIssue] {
    var asked: [AskedIssue] = []
    for item in activity where item.closedAt == nil && !item.isPullRequest {
      if links.open.contains(item.number) { continue }
      let mark = marks[item.number]
      let isKnown = mark?.updatedAt == item.updatedAt
      if isKnown, mark?.isSettled == true {
        reading.marks[item.number] = mark
        continue
      }
      do throws(ForgeError) {
        let isAsked = try await orders(on: item.number, forge).contains { order in
          if case .tell = order.verb { true } else { false }
        }
        // It is read once more: by then it is a task, which is told what was written.
        reading.marks[item.number] = Mark(updatedAt: item.updatedAt, isSettled: isKnown)
        guard isAsked else { continue }
        asked.append(
          AskedIssue(
            number: item.number, title: item.title, labels: item.labels, isLabelled: false,
            updatedAt: item.updatedAt))
      } catch {
        reading.problem = error
        break
      }
    }
    return asked
  }

  private func orders(
    on number: Int, _ forge: any Forge
  ) async throws(ForgeError) -> [IssueOrder] {
    let comments: [Comment]
    do throws(ForgeError) {
      comments = try await forge.comments(on: number)
    } catch {
      guard error.isNotFound else { throw error }
      return []
    }
    var orders: [IssueOrder] = []
    for comment in comments where !comment.isHidden {
      orders += try await self.orders(
        in: comment.body, "\(comment.id)", by: comment.by, on: number, forge)
    }
    return orders
  }

  /// The orders in reviews and their threads, by the numbers of their pull requests.
  private func reviewWords(
    on numbers: [Int], _ forge: any Forge
  ) async throws(ForgeError) -> [Int: [IssueOrder]] {
    guard !numbers.isEmpty else { return [:] }
    var result: [Int: [IssueOrder]] = [:]
    for look in try await forge.look(at: numbers, for: .watching) {
      let number = look.pullRequest.number
      for review in look.reviews where review.state != .pending {
        result[number, default: []] += try await orders(
          in: review.body, "review-\(review.id)", by: review.by, on: number, forge)
      }
      for comment in look.threads.flatMap(\.comments) where !comment.isHidden {
        result[number, default: []] += try await orders(
          in: comment.body, "thread-\(comment.id)", by: comment.by, on: number, forge)
      }
    }
    return result
  }

  /// The orders in a text, if its author may give them.
  private func orders(
    in text: String, _ id: String, by author: Authored, on number: Int, _ forge: any Forge
  ) async throws(ForgeError) -> [IssueOrder] {
    // Whoever lends orch an account gives orders under it too: its own texts are known by their mark.
    guard author.isEdited == false, KeyedText.key(of: text) == nil else { return [] }
    let verbs = CommentOrders.orders(in: text, to: name)
    guard !verbs.isEmpty, try await people.count(author, at: forge) else { return [] }
    return verbs.enumerated().map {
      IssueOrder(
        id: "\(id).\($0)", number: number, author: author.author, verb: $1,
        saidAt: author.createdAt > 0 ? author.createdAt : nil)
    }
  }

  func report(_ task: TaskView, on issue: Int) async throws {
    let forge = try await source.forge()
    let text = KeyedText(ForgeTexts.status(task, owner: owner), key: "status/\(task.id)")
    do throws(ForgeError) {
      _ = try await forge.putComment(text, on: issue)
    } catch {
      // A person's conversation may be closed to orch, and an issue gone: the work goes on without a word there.
      guard error.isNotFound || (task.watches != nil && error.isDenial) else { throw error }
      return
    }
    // What a pull request waits for, its watcher labels.
    if task.watches != nil { return }
    if assigns, task.hasBegunUnreported { try await takeOn(issue, forge) }
    switch task.status {
    case .blocked, .needsReview:
      try await forge.addLabels([ForgeTexts.blockedLabel], to: issue)
      if assigns, let login = ForgeTexts.assignable(owner) {
        try await forge.assignIfAllowed(login, to: issue)
      }
    case .new, .routed, .inProgress, .inReview, .cancelled, .done:
      // A person may have put it there: only what the last report put there is taken away.
      guard task.wasReportedStanding else { return }
      try await forge.removeLabel(ForgeTexts.blockedLabel, from: issue)
    }
  }

  /// Assigns an issue to the account that orch works as, so that everybody sees that somebody is at it.
  private func takeOn(_ issue: Int, _ forge: any Forge) async throws {
    // Nobody can assign an App.
    guard let login = ForgeTexts.assignable(try await forge.account()) else { return }
    try await forge.assignIfAllowed(login, to: issue, ifNobodyIs: true)
  }
}

extension TaskView {
  /// True if its issue was told last that it stands still.
  fileprivate var wasReportedStanding: Bool {
    reportedStatus == .blocked || reportedStatus == .needsReview
  }

  /// True if a worker has begun, and its issue was not told of any yet, or of one that is over.
  fileprivate var hasBegunUnreported: Bool {
    switch status {
    case .inProgress, .inReview, .needsReview, .blocked: break
    case .new, .routed, .done, .cancelled: return false
    }
    switch reportedStatus {
    case nil, .new, .done, .cancelled: return !attempts.isEmpty
    case .routed: return attempts.count == 1
    case .inProgress, .inReview, .needsReview, .blocked: return false
    }
  }

  /// The status that its issue was told last.
  fileprivate var reportedStatus: TaskStatus? {
    reported?.split(separator: " ").first.flatMap { TaskStatus(rawValue: String($0)) }
  }
}
