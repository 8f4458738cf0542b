import TestSupport
import Workflow

/// What the engine does, and what ends by itself.
extension PullRequestSimulation {
  mutating func carryOut(_ effect: PullRequestEffect) {
    effects += 1
    lastActivity = clock
    if isChaotic, chance(1, in: 8, &random) { return }
    let forgets = isChaotic && chance(1, in: 10, &random)
    switch effect {
    case .rebase(let pair): rebase(pair, forgets: forgets)
    case .settleConflict(let pair, _):
      if pair != view.pair { violations.append("a conflict of another pair") }
      tokens += 1
      _ = store(.rebaseStarted(token: tokens))
    case .runChecks: violations.append("the forge runs the checks")
    case .rerun(let pair, let runs): rerun(pair, runs)
    case .repair(let pair, let ids): repair(pair, ids)
    case .askReviewer(let head):
      if store(.reviewAsked(head: head)) {
        reviewDue = chance(1, in: 8, &random) && isChaotic ? nil : clock + 2 * Self.tick
      }
    case .merge(let pair): merge(pair, forgets: forgets)
    case .askPerson(let question):
      if question.isDelivered { violations.append("a person is asked twice") }
      if chance(4, in: 5, &random) { _ = store(.personAsked) }
    }
  }

  mutating func rebase(_ pair: CommitPair, forgets: Bool) {
    if Bool.random(using: &random), view.status == .behind { _ = store(.rebaseStarted(token: nil)) }
    guard model.state == .open, !model.isBaseGone, let head = model.branch else { return }
    if model.conflicts(head, with: model.base) {
      _ = store(.conflicted(pair, files: ["shared.txt"]))
      return
    }
    // The lease: somebody else has pushed.
    guard head == pair.head, let old = model.heads[head], old.contained < model.base else { return }
    let new = model.push(work: old.work, onto: model.base)
    if forgets { return }
    if !store(.rebased(CommitPair(head: new, base: "b\(model.base)"), token: nil)) {
      violations.append("a rebase that was pushed cannot be recorded in \(view.status)")
    }
  }

  mutating func rerun(_ pair: CommitPair, _ runs: [FailedCheck]) {
    for run in runs {
      reruns[pair, default: [:]][run.name, default: 0] += 1
      if (reruns[pair]?[run.name] ?? 0) > rules.limits.maxCheckReruns {
        violations.append("'\(run.name)' is run too often on one pair")
      }
      model.begin(run.name, pair, at: clock, &random)
    }
    _ = store(.checksRerun(pair, runs))
  }

  mutating func repair(_ pair: CommitPair, _ ids: [String]) {
    let reviews = ids.filter { $0.hasPrefix("review:") }
    for name in RepositoryModel.checkNames where ids.contains("check:\(name)@\(pair.head)") {
      if lastLook?.baseChecks[name] == .failed {
        violations.append("'\(name)' is repaired although the base fails too")
      }
      if greenPairs.contains(pair) { violations.append("a flaky check is repaired") }
    }
    if ids.isEmpty || (reviews.isEmpty && view.evidence != false) {
      violations.append("a repair of nothing")
    }
    tokens += 1
    _ = store(.repairStarted(token: tokens, obligations: ids))
  }

  mutating func merge(_ pair: CommitPair, forgets: Bool) {
    guard view.status == .merging || store(.mergeStarted(pair)) else { return }
    if isChaotic, chance(1, in: 8, &random) { return }
    let isRefused = model.refusesMerges || model.isHeldBack || model.isDraft || model.state != .open
    guard !isRefused, model.pair == pair, !model.isBaseGone else {
      _ = store(.mergeRefused(pair, reason: "405"))
      return
    }
    if !model.isGreen(pair, at: clock) { violations.append("merged without evidence of \(pair)") }
    let standing = Self.objections(lastLook)
    if !standing.isEmpty { violations.append("merged against \(standing)") }
    model.state = .merged(as: "m")
    if !forgets { _ = store(.merged(as: "m")) }
  }

  /// The reviewers who object as the forge shows it.
  static func objections(_ look: Look?) -> [String] {
    guard let look else { return [] }
    var last: [String: Review] = [:]
    for review in look.reviews where review.verdict != .commented { last[review.reviewer] = review }
    return last.values.filter { $0.isObjection && !look.dismissed.contains($0.id) }
      .map(\.reviewer)
  }

  // MARK: What ends by itself

  mutating func endWorker() {
    guard let ended = worker, ended.endsAt <= clock else { return }
    worker = nil
    if ended.isStillborn { return }
    let fate = Int.random(in: 0..<(isChaotic ? 10 : 8), using: &random)
    guard fate != 9 else { return }
    guard fate > 1, let old = model.branch, model.state == .open, old == view.head else {
      _ = store(
        ended.isRebase
          ? .rebaseFailed(token: ended.token, reason: "nothing done")
          : .repairFailed(token: ended.token, reason: "nothing done"))
      return
    }
    if fate == 8 {
      _ = store(.escalated(Question(.worker, "which design?")))
      return
    }
    let work = model.newWork()
    if chance(isChaotic ? 2 : 1, in: 5, &random) { model.broken[work] = ["test"] }
    let base = ended.isRebase ? ended.base : model.heads[old]?.contained ?? 0
    let head = model.push(work: work, onto: base)
    let event: PullRequestEvent =
      ended.isRebase
      ? .rebased(CommitPair(head: head, base: "b\(base)"), token: ended.token)
      : .repaired(token: ended.token, head: head, onto: "b\(base)")
    _ = store(event)
  }

  mutating func reviewByAgent() {
    guard let agent = rules.reviewAgent, let due = reviewDue, due <= clock, let head = model.branch,
      model.state == .open
    else { return }
    reviewDue = nil
    let verdict: Review.Verdict = chance(1, in: 2, &random) ? .approved : .changesRequested
    PeopleModel.say(verdict, by: agent, of: head, &model)
  }
}
