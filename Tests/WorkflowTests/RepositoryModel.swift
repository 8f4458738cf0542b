import TestSupport
import Workflow

/// A repository with one pull request, and its forge, as the simulation has them.
struct RepositoryModel {
  /// What a branch's head is: some work on top of some commit of the base.
  struct Head {
    var work: Int
    var contained: Int
  }

  /// One run of a check on a pair.
  struct Run {
    var name: String
    var number: Int
    var pair: CommitPair
    var endsAt: Int
    var passes: Bool
  }

  static let checkNames = ["lint", "test"]

  /// For each commit of the base, the works that cannot be merged with it.
  var hostility: [Set<Int>] = [[]]
  /// For each commit of the base, the checks that fail on it.
  var redOnBase: [Set<String>] = [[]]
  var heads: [String: Head] = ["h0": Head(work: 0, contained: 0)]
  var branch: String? = "h0"
  var isBaseGone = false
  var works = 1
  /// Works in which a check fails.
  var broken: [Int: Set<String>] = [:]
  /// Checks that fail at random.
  var flaky: Set<String> = []
  var runs: [Run] = []
  var state = Look.State.open
  var reviews: [Review] = []
  var dismissed: Set<String> = []
  var isDraft = false
  /// True while a rule of the base is not met.
  var isHeldBack = false
  var refusesMerges = false
  /// How long a run of a check takes at most, in milliseconds.
  var longestRun = 4 * 60_000
  /// True if a run that begins now may never end.
  var mayStick = false

  var base: Int { hostility.count - 1 }
  var pair: CommitPair? { branch.map { CommitPair(head: $0, base: "b\(base)") } }

  func conflicts(_ head: String, with base: Int) -> Bool {
    guard let head = heads[head], head.contained < base else { return false }
    return (head.contained + 1...base).contains { hostility[$0].contains(head.work) }
  }

  /// Moves the branch to new work, or to the same work on another base.
  mutating func push(work: Int, onto base: Int) -> String {
    let name = "h\(heads.count)"
    heads[name] = Head(work: work, contained: base)
    branch = name
    return name
  }

  mutating func newWork() -> Int {
    works += 1
    return works - 1
  }

  /// The forge begins the checks of a pair that has none, as a merge of both heads.
  mutating func beginChecks(at now: Int, _ random: inout SeededRandom) {
    guard let pair, state == .open, !runs.contains(where: { $0.pair == pair }) else { return }
    for name in Self.checkNames { begin(name, pair, at: now, &random) }
  }

  mutating func begin(
    _ name: String, _ pair: CommitPair, at now: Int, _ random: inout SeededRandom
  ) {
    let work = heads[pair.head]?.work ?? 0
    let base = Int(pair.base.dropFirst()) ?? 0
    var passes = !(broken[work]?.contains(name) ?? false) && !redOnBase[base].contains(name)
    if flaky.contains(name), Bool.random(using: &random) { passes = false }
    let isStuck = mayStick && Int.random(in: 0..<20, using: &random) == 0
    let time = isStuck ? Int.max / 4 : Int.random(in: 0...longestRun, using: &random)
    runs.append(
      Run(name: name, number: runs.count, pair: pair, endsAt: now + time, passes: passes))
  }

  /// The newest run of each check of a pair.
  func latest(_ pair: CommitPair) -> [Run] {
    Self.checkNames.compactMap { name in runs.last { $0.name == name && $0.pair == pair } }
  }

  func isGreen(_ pair: CommitPair, at now: Int) -> Bool {
    let latest = latest(pair)
    return latest.count == Self.checkNames.count
      && latest.allSatisfy { $0.passes && $0.endsAt <= now }
  }

  /// What a look at a time sees.
  func look(at now: Int, revision: Int) -> Look {
    let head = branch.flatMap { heads[$0] }
    var look = Look(
      takenAt: now, revision: revision, baseHead: isBaseGone ? nil : "b\(base)", branchHead: branch,
      contained: "b\(head?.contained ?? 0)")
    look.state = state
    if isHeldBack { look.mergeability = .blocked }
    if let branch, conflicts(branch, with: base) {
      look.mergeability = .conflicting(files: ["shared.txt"])
    }
    look.checks = runs.suffix(20).map { run in
      CheckLook(
        name: run.name, state: run.endsAt > now ? .pending : run.passes ? .passed : .failed,
        run: String(run.number), pair: run.pair)
    }
    for name in Self.checkNames {
      look.baseChecks[name] = redOnBase[base].contains(name) ? .failed : .passed
    }
    look.reviews = reviews
    look.dismissed = dismissed
    look.isDraft = isDraft
    return look
  }
}
