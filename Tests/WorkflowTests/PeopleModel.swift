import TestSupport
import Workflow

/// What people do to a repository, at random; each act is an outside change.
enum PeopleModel {
  /// One act.
  static func act(on model: inout RepositoryModel, _ random: inout SeededRandom) {
    switch Int.random(in: 0..<15, using: &random) {
    case 0...3: moveBase(&model, &random)
    case 4: pushToBranch(&model, &random)
    case 5...7: review(&model, &random)
    case 8: dismiss(&model, &random)
    case 9: model.isDraft.toggle()
    case 10: model.refusesMerges.toggle()
    case 11: model.flaky = Bool.random(using: &random) ? ["lint"] : []
    case 12: closeOrOpen(&model, &random)
    case 13: model.isHeldBack.toggle()
    default: loseOrRestore(&model, &random)
    }
  }

  static func moveBase(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    var hostile: Set<Int> = []
    if Int.random(in: 0..<3, using: &random) == 0 { hostile.insert(model.works - 1) }
    var red: Set<String> = []
    if Int.random(in: 0..<5, using: &random) == 0 { red.insert("test") }
    model.hostility.append(hostile)
    model.redOnBase.append(red)
  }

  private static func pushToBranch(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    guard model.branch != nil, model.state == .open else { return }
    let work = model.newWork()
    if Bool.random(using: &random) { model.broken[work] = ["test"] }
    let onto = Int.random(in: 0...model.base, using: &random)
    _ = model.push(work: work, onto: onto)
  }

  private static func review(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    guard let branch = model.branch, model.state == .open else { return }
    let reviewer = ["ann", "bob"].randomElement(using: &random) ?? "ann"
    let verdict = Review.Verdict.allCases.randomElement(using: &random) ?? .approved
    say(verdict, by: reviewer, of: branch, &model)
  }

  /// Adds a review.
  static func say(
    _ verdict: Review.Verdict, by reviewer: String, of head: String, _ model: inout RepositoryModel
  ) {
    model.reviews.append(
      Review(id: "r\(model.reviews.count)", reviewer: reviewer, verdict: verdict, head: head))
  }

  private static func dismiss(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    guard let review = model.reviews.randomElement(using: &random) else { return }
    model.dismissed.insert(review.id)
  }

  private static func closeOrOpen(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    guard Int.random(in: 0..<3, using: &random) == 0 else { return }
    switch model.state {
    case .open: model.state = .closed
    case .closed: model.state = .open
    case .merged: break
    }
  }

  private static func loseOrRestore(_ model: inout RepositoryModel, _ random: inout SeededRandom) {
    guard Bool.random(using: &random) else {
      model.isBaseGone.toggle()
      return
    }
    if model.branch == nil {
      _ = model.push(work: 0, onto: 0)
    } else if model.state == .open {
      model.branch = nil
    }
  }

  /// Puts right whatever only people can: afterwards nothing but orch's own work is left.
  static func putRight(_ model: inout RepositoryModel) {
    model.isBaseGone = false
    model.isDraft = false
    model.refusesMerges = false
    model.isHeldBack = false
    model.flaky = []
    if case .closed = model.state { model.state = .open }
    if model.branch == nil { _ = model.push(work: 0, onto: model.base) }
    model.hostility.append([])
    model.redOnBase.append([])
    for reviewer in Set(model.reviews.map(\.reviewer)) {
      say(.approved, by: reviewer, of: model.branch ?? "", &model)
    }
  }
}
