internal import Engine
internal import Forge
internal import Workflow

/// Pull requests on a forge, as the engine works with them.
///
/// What was seen last is kept in memory: a look asks the forge only for what moved since.
actor ForgePlace: ReviewPlace {
  /// How long a head without a single check is waited with, in milliseconds: forges begin checks late.
  static let checksGraceMilliseconds = 60_000

  nonisolated let runsChecks = false
  private let source: ForgeSource
  private let clock: @Sendable () -> Int
  private let owner: String?
  private let assigns: Bool
  private let people: ForgePeople
  private var memory = SurveyMemory()
  /// True if something happened that a survey which is under way may not see.
  private var hasNews = false
  private var looks: [Int: PullRequestLook] = [:]
  private var firstSeen: [String: Int] = [:]
  private var bases = BaseChecks()

  /// `owner` is who is tagged, and with `assigns` assigned, when a person must decide; `people` says whose approval
  /// counts.
  init(
    _ source: ForgeSource, owner: String?, assigns: Bool = true,
    people: ForgePeople = ForgePeople(),
    clock: @escaping @Sendable () -> Int
  ) {
    self.source = source
    self.people = people
    self.owner = owner
    self.assigns = assigns
    self.clock = clock
  }

  func survey(_ watched: [WatchedPullRequest]) async throws -> [String: PlaceLook] {
    let forge = try await source.forge()
    if hasNews { memory.expectNews() }
    hasNews = false
    let survey = try await forge.survey(memory)
    let moved = Set(survey.changed + survey.ended)
    let listed = survey.isCut ? Set(survey.open) : []
    var wanted: [Int] = []
    for item in watched {
      guard let number = item.number else { continue }
      let known = looks[number]
      let isStale = known?.pullRequest.head != item.branchHead
      // Where there are more than a survey lists, the others are asked for by their numbers.
      let isUnlisted = survey.isCut && !listed.contains(number)
      if known == nil || moved.contains(number) || isStale || isUnlisted { wanted.append(number) }
    }
    for look in try await forge.look(at: wanted) { looks[look.pullRequest.number] = look }
    memory = survey.memory
    var result: [String: PlaceLook] = [:]
    for item in watched {
      guard let number = item.number, let look = looks[number] else { continue }
      result[item.task.id] = try await part(look, item, forge)
      try await takeBackLabel(of: item, look, forge)
    }
    let open = Set(watched.compactMap(\.number))
    looks = looks.filter { open.contains($0.key) }
    return result
  }

  func expectNews() { hasNews = true }

  /// Takes away the label of a question that is over, if orch asked one: a person may have put it there.
  private func takeBackLabel(
    of item: WatchedPullRequest, _ look: PullRequestLook, _ forge: any Forge
  ) async throws {
    let number = look.pullRequest.number
    guard look.pullRequest.labels.contains(ForgeTexts.personLabel),
      item.task.status == .inReview, item.view?.question == nil,
      look.comments.contains(where: { $0.ownKey?.hasPrefix("question/") == true })
    else { return }
    try await forge.removeLabel(ForgeTexts.personLabel, from: number)
    looks[number]?.pullRequest.labels.removeAll { $0 == ForgeTexts.personLabel }
  }

  private func part(
    _ look: PullRequestLook, _ item: WatchedPullRequest, _ forge: any Forge
  ) async throws -> PlaceLook {
    var part = look.part(of: item, weightless: try await weightless(in: look, forge))
    let head = look.pullRequest.head
    if part.checks.isEmpty, look.checks.isEmpty {
      // Some repositories have no checks at all; where there are some, they begin within this time.
      let since = firstSeen[head] ?? clock()
      firstSeen[head] = since
      part.expectsChecks = clock() - since < Self.checksGraceMilliseconds
    } else {
      firstSeen[head] = nil
      part.expectsChecks = true
    }
    let failing = part.checks.filter { $0.state == .failed }.map(\.name)
    if let base = item.baseHead {
      bases.see(base, at: clock())
      if bases.isDue(failing, on: base, at: clock()) {
        let states = try await forge.checks(of: base).map { ($0.name, $0.state) }
        bases.keep(
          Dictionary(states, uniquingKeysWith: { _, last in last }), of: base, for: failing,
          at: clock())
      }
      part.baseChecks = bases.states(of: failing, on: base, at: clock())
    }
    return part
  }

  /// The approvals of those who may not merge, by their numbers.
  private func weightless(
    in look: PullRequestLook, _ forge: any Forge
  ) async throws -> Set<Int> {
    var found: Set<Int> = []
    for review in look.reviews where review.state == .approved && review.by.association.belongs {
      if try await !people.count(review.by, at: forge) { found.insert(review.id) }
    }
    return found
  }

  nonisolated func harmless(commitMessage: String) -> String {
    ForgeTexts.harmless(commit: commitMessage)
  }

  func find(_ name: String) async throws -> FoundPullRequest? {
    guard name.hasPrefix("#"), let number = Int(name.dropFirst()) else { return nil }
    let forge = try await source.forge()
    guard let look = try await forge.look(at: [number], for: .acting).first else { return nil }
    return look.found(in: try await forge.repository().fullName)
  }

  func publish(
    _ watched: WatchedPullRequest, text: PullRequestText
  ) async throws -> PublishedPullRequest {
    // A person's is open already.
    if watched.task.watches != nil, let known = watched.view {
      if let number = known.number { memory.forget(number) }
      return PublishedPullRequest(id: known.id, url: known.url)
    }
    let forge = try await source.forge()
    let draft = PullRequestDraft(
      title: text.title,
      body: ForgeTexts.body(
        of: watched.task, text.body, closesIssue: !watched.sharesIssue),
      headBranch: watched.branch, baseBranch: watched.base)
    let opened = try await forge.open(draft).pullRequest
    if let branchHead = watched.branchHead, opened.head != branchHead {
      memory.forget(opened.number)
    }
    return PublishedPullRequest(id: "#\(opened.number)", url: opened.url)
  }

  func merge(
    _ watched: WatchedPullRequest, _ order: PlaceMerge
  ) async throws -> PlaceMergeAnswer {
    guard let number = watched.number else { return .tooLate }
    let forge = try await source.forge()
    let method = MergeOrder.Method(rawValue: order.method.rawValue) ?? .merge
    memory.forget(number)
    let outcome = try await forge.merge(
      number,
      MergeOrder(
        method, expecting: order.pair.head, title: ForgeTexts.harmless(order.message.title),
        message: ForgeTexts.harmless(order.message.body)))
    switch outcome {
    case .merged(let commit): return .merged(as: commit)
    case .queued: return .queued
    case .headMoved, .closed: return .tooLate
    case .refused(let detail): return .refused(detail)
    }
  }

  func rerun(
    _ checks: [FailedCheck], of watched: WatchedPullRequest
  ) async throws -> [FailedCheck] {
    guard let number = watched.number, let look = looks[number] else { return [] }
    let forge = try await source.forge()
    memory.forget(number)
    var repeated: [FailedCheck] = []
    // One request runs all failed jobs of a workflow once more.
    var asked: Set<Int> = []
    for failed in checks {
      let check = look.checks.last { $0.name == failed.name && $0.runName == failed.run }
      guard let check, check.runID != nil else { continue }
      if let run = check.workflowRunID, !asked.insert(run).inserted {
        repeated.append(failed)
        continue
      }
      do throws(ForgeError) {
        try await forge.rerun(check)
        repeated.append(failed)
      } catch {
        switch error {
        // It runs still, or the token may not: its result stands.
        case .refused, .notFound, .notAllowed: continue
        default: throw error
        }
      }
    }
    return repeated
  }

  func evidence(
    of failures: [FailedCheck], in watched: WatchedPullRequest
  ) async throws -> [FailedCheck] {
    guard let number = watched.number, let look = looks[number] else { return failures }
    let forge = try await source.forge()
    var known: [FailedCheck] = []
    for failure in failures {
      let check = look.checks.last { $0.name == failure.name }
      guard failure.log == nil, let check else {
        known.append(failure)
        continue
      }
      let log = try await forge.failureLog(of: check)
      let text = ForgeTexts.evidence(
        job: log?.job, step: log?.step, url: log?.url ?? check.detailsURL, details: check.details,
        log: log?.log.text)
      let cut = text.map { ForgeTexts.cut($0, to: 6000) }
      known.append(FailedCheck(name: failure.name, run: failure.run, log: cut))
    }
    return known
  }

  func remarks(on watched: WatchedPullRequest) async throws -> [ReviewRemark] {
    guard let number = watched.number else { return [] }
    guard let look = try await source.forge().look(at: [number]).first else { return [] }
    looks[number] = look
    return look.remarks
  }

  func post(
    _ review: Workflow.Review, text: String, findings: [String], on watched: WatchedPullRequest
  ) async throws {
    guard let number = watched.number else { return }
    let remarks = findings.map(ReviewFinding.init(text:))
    let loose = remarks.filter { $0.line == nil }.map { "- \($0.text)" }
    let key = "review/\(review.id)"
    // At a person's pull request GitHub would count an agent's approval, and its objection for good.
    let isOwn = watched.task.watches == nil
    let words = review.verdict == .approved ? "approved" : "changes requested"
    let first = isOwn ? [] : ["**Verdict: \(words)**"]
    let body = ForgeTexts.harmless((first + [text] + loose).joined(separator: "\n\n"))
    let verdict: ReviewDraft.Verdict = review.verdict == .approved ? .approve : .requestChanges
    let draft = ReviewDraft(
      isOwn ? verdict : .comment, KeyedText(body, key: key), commit: review.head,
      comments: remarks.compactMap { remark in
        let text = KeyedText(ForgeTexts.harmless(remark.text), key: "finding/" + key)
        return remark.line.map { .init(path: remark.path, line: $0, body: text.posted) }
      })
    _ = try await source.forge().review(number, draft)
    memory.forget(number)
  }

  func ask(_ question: Question, about watched: WatchedPullRequest) async throws {
    guard let number = watched.number else { return }
    let forge = try await source.forge()
    let key = "question/\(watched.task.id)/\(watched.view?.revision ?? 0)"
    _ = try await forge.putComment(
      KeyedText(ForgeTexts.question(question.text, of: watched.task, owner: owner), key: key),
      on: number)
    try await forge.addLabels([ForgeTexts.personLabel], to: number)
    if assigns, let login = ForgeTexts.assignable(owner) {
      try await forge.assignIfAllowed(login, to: number)
    }
    memory.forget(number)
  }

  func answer(
    _ watched: WatchedPullRequest, head: String, summary: String, shown: Set<String>
  ) async throws {
    guard let number = watched.number, !shown.isEmpty else { return }
    let forge = try await source.forge()
    guard let look = try await forge.look(at: [number]).first else { return }
    let text = ForgeTexts.answer(head: head, summary: summary)
    try await ReviewAnswers(look: look, shown: shown, text: text).post(on: forge)
    memory.forget(number)
  }

  func link(_ branch: String, at commit: String, to issue: Int) async throws {
    let forge = try await source.forge()
    do throws(ForgeError) {
      _ = try await forge.createBranch(branch, at: commit, for: issue)
    } catch {
      throw error.isNotFound ? EngineError.noSuchIssue(issue) : error
    }
  }

  func close(_ watched: WatchedPullRequest) async throws -> IssueLeave? {
    guard let number = watched.number else { return nil }
    let forge = try await source.forge()
    looks[number] = nil
    if watched.task.status == .cancelled {
      try await forge.close(pullRequest: number)
      return nil
    }
    guard watched.task.status == .done, !watched.sharesIssue, let issue = watched.task.issue else {
      return nil
    }
    // 'Closes #N' works for the default branch only.
    do throws(ForgeError) {
      let closed = try await forge.close(issue: issue, as: .completed)
      return IssueLeave(seenAt: closed.updatedAt, closedAt: closed.closedAt)
    } catch {
      guard error.isNotFound else { throw error }
      return nil
    }
  }
}

extension Forge {
  /// Assigns somebody where the forge lets orch: what it is about goes on without.
  func assignIfAllowed(
    _ login: String, to number: Int, ifNobodyIs: Bool = false
  ) async throws(ForgeError) {
    do throws(ForgeError) {
      try await assign(login, to: number, ifNobodyIs: ifNobodyIs)
    } catch {
      guard error.isDenial else { throw error }
    }
  }
}

extension WatchedPullRequest {
  /// The pull request's number at the forge; nil for a record of the state.
  var number: Int? { view?.number }
}
