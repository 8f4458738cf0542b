internal import Git2
internal import Synchronization
internal import Workflow

/// What a base has gained since pull requests were compared with it: two walks answer for all of them.
struct BaseGrowth: Sendable {
  /// The most steps back along the base's own line.
  private static let maximumSteps = 2000

  /// Former heads of the base that it has simply gone on from.
  private let line: Set<ObjectID>
  private let gained: Set<ObjectID>

  /// What `head` has and the oldest of its former heads among `known` has not; nil if that is too much to say.
  init?(
    of head: ObjectID, since known: Set<ObjectID>, in repository: borrowing Repository
  ) throws(GitError) {
    guard repository.contains(head), !repository.isShallow else { return nil }
    var line: Set<ObjectID> = []
    var next: ObjectID? = head
    var oldest = head
    for _ in 0..<Self.maximumSteps {
      guard let commit = next, line.count < known.count else { break }
      if known.contains(commit) {
        line.insert(commit)
        oldest = commit
      }
      next = try repository.commit(commit).parents.first
    }
    guard !line.isEmpty, let walk = try? repository.commits(from: oldest, to: head) else {
      return nil
    }
    self.line = line
    gained = Set(walk)
  }

  /// True if none of a branch's own commits became a part of the base after it was `seen` last.
  func hasNone(of own: [ObjectID], since seen: ObjectID) -> Bool {
    line.contains(seen) && gained.isDisjoint(with: own)
  }
}

/// The commits of branches, as far as the last look asked for them.
struct BranchMemory {
  /// A branch and the commit of its base that it is on top of.
  struct Stretch: Hashable {
    let head: ObjectID
    let base: ObjectID
  }

  private var known: [Stretch: [ObjectID]] = [:]

  /// Commits that are known already.
  subscript(stretch: Stretch) -> [ObjectID]? { known[stretch] }

  /// Keeps what a look asked for, and forgets the rest.
  mutating func keep(_ stretches: [Stretch: [ObjectID]]) { known = stretches }
}

extension EffectRunner {
  /// The tasks whose branches are as they were recorded and of which their bases have gained nothing since.
  ///
  /// What is known of them holds; everything else has to be compared one by one.
  func untouched(_ watched: [WatchedPullRequest]) async throws -> Set<String> {
    var stretches: [String: (stretch: BranchMemory.Stretch, seen: ObjectID)] = [:]
    var seen: [ObjectID: Set<ObjectID>] = [:]
    for item in watched where item.branchHead == item.view?.head {
      guard let view = item.view, let head = ObjectID(hex: view.head),
        let now = item.baseHead.flatMap({ ObjectID(hex: $0) }),
        let former = ObjectID(hex: view.targetBase), let base = ObjectID(hex: view.baseHead)
      else { continue }
      stretches[item.task.id] = (BranchMemory.Stretch(head: head, base: base), former)
      seen[now, default: []].insert(former)
    }
    let (wanted, formers, memory) = (stretches, seen, branches.withLock { $0 })
    let own = try await code.run { repository throws(GitError) in
      var own: [BranchMemory.Stretch: [ObjectID]] = [:]
      for (stretch, _) in wanted.values where own[stretch] == nil {
        guard repository.contains(stretch.head), repository.contains(stretch.base) else { continue }
        own[stretch] =
          memory[stretch] ?? (try? repository.commits(from: stretch.base, to: stretch.head))
      }
      return own
    }
    branches.withLock { $0.keep(own) }
    let growths = try await code.run { repository throws(GitError) in
      var growths: [String: BaseGrowth] = [:]
      for (head, known) in formers {
        growths[head.hex] = try BaseGrowth(of: head, since: known, in: repository)
      }
      return growths
    }
    return Set(
      watched.filter { item in
        guard let (stretch, seen) = wanted[item.task.id], let commits = own[stretch],
          let growth = item.baseHead.flatMap({ growths[$0] })
        else { return false }
        return !commits.isEmpty && growth.hasNone(of: commits, since: seen)
      }.map(\.task.id))
  }
}
