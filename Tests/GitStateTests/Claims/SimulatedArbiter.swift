import Git2
import GitState

/// What the tasks' events say, as one value of the simulated state reference.
struct SimulatedState {
  struct Entry {
    enum Kind { case started, failed, done }
    let token: Int
    let kind: Kind
  }

  var tasks: [RecordID: [Entry]] = [:]

  func standing(_ task: RecordID) -> TaskStanding {
    let entries = tasks[task] ?? []
    return TaskStanding(
      isTerminal: entries.contains { $0.kind == .done },
      highestToken: entries.map(\.token).max() ?? 0)
  }

  func adding(_ kind: Entry.Kind, _ token: Int, to task: RecordID) -> SimulatedState {
    var copy = self
    copy.tasks[task, default: []].append(Entry(token: token, kind: kind))
    return copy
  }
}

/// The server: references that move by compare-and-swap, their past for stale replicas, and a judge of
/// everything that is accepted.
struct SimulatedArbiter {
  static let stateReference = "refs/orch/state"

  private(set) var references: [String: [(time: Int, id: ObjectID?)]] = [:]
  private var claims: [ObjectID: Claim] = [:]
  private var beats: [ObjectID: Heartbeat] = [:]
  private var states: [ObjectID: SimulatedState] = [:]
  private var stateCount = 0
  /// The highest token of each task that was ever accepted in a claim.
  private(set) var highestClaimed: [RecordID: Int] = [:]
  private(set) var accepted = 0
  private(set) var ended = 0
  private(set) var lastResultAt = 0
  /// True if `story` is written.
  var isTelling = false
  private(set) var story: [String] = []
  /// What was accepted against the promises.
  private(set) var violation: String?
  /// Called with a host whose heartbeat is ended by another.
  var onEnd: (String) -> Void = { _ in }
  let isAtomic: Bool
  let comparesClaims: Bool

  init(isAtomic: Bool, comparesClaims: Bool) {
    self.isAtomic = isAtomic
    self.comparesClaims = comparesClaims
  }

  /// Makes a value of the state known by an id, as an object that is uploaded.
  mutating func upload(_ state: SimulatedState) -> ObjectID {
    stateCount += 1
    let digits = String(stateCount, radix: 16)
    let hex = "5" + String(repeating: "0", count: 39 - digits.count) + digits
    let id = ObjectID(hex: hex) ?? .zero
    states[id] = state
    return id
  }

  func state(_ id: ObjectID?) -> SimulatedState { id.flatMap { states[$0] } ?? SimulatedState() }

  func current(_ reference: String) -> ObjectID? { references[reference]?.last?.id }

  /// All references as a reader sees them whose replica lags `lag(reference)` behind.
  func read(at now: Int, lag: (String) -> Int) -> (view: ArbiterView, state: ObjectID?) {
    var view = ArbiterView()
    var state: ObjectID?
    for (name, past) in references.sorted(by: { $0.key < $1.key }) {
      let time = now - lag(name)
      guard let id = past.last(where: { $0.time <= time })?.id else { continue }
      if let claim = claims[id] { view.claims[claim.task] = Posted(id: id, content: claim) }
      if let beat = beats[id] { view.hosts[beat.host] = Posted(id: id, content: beat) }
      if name == Self.stateReference { state = id }
    }
    return (view, state)
  }

  mutating func apply(_ push: ArbiterPush, at now: Int) -> [String: MoveReply] {
    for commit in push.commits {
      guard let id = try? Repository.id(of: commit, .commit) else { continue }
      if let claim = Claim(commit: commit) {
        claims[id] = claim
      } else if let beat = Heartbeat(commit: commit) {
        beats[id] = beat
      }
    }
    var replies: [String: MoveReply] = [:]
    for move in push.moves { replies[move.reference] = fits(move) ? .accepted : .refused }
    if push.isAtomic, isAtomic, replies.values.contains(.refused) {
      return replies.mapValues { _ in .refused }
    }
    for move in push.moves where replies[move.reference] == .accepted { take(move, at: now) }
    return replies
  }

  private func fits(_ move: ArbiterMove) -> Bool {
    let current = current(move.reference)
    if !comparesClaims, move.reference.hasPrefix(RefLayout.claims) { return true }
    return current == move.expected || current == move.new
  }

  private mutating func take(_ move: ArbiterMove, at now: Int) {
    let old = current(move.reference)
    guard old != move.new else { return }
    references[move.reference, default: []].append((now, move.new))
    if isTelling { tell(move, at: now) }
    guard let id = move.new else { return }
    if let claim = claims[id] {
      highestClaimed[claim.task] = max(claim.token, highestClaimed[claim.task] ?? 0)
    }
    if let beat = beats[id], beat.isEnded {
      ended += 1
      onEnd(beat.host)
    }
    if move.reference == Self.stateReference {
      lastResultAt = now
      judge(state(old), state(id))
    }
  }

  /// A result is accepted when the state that has it is.
  private mutating func judge(_ old: SimulatedState, _ new: SimulatedState) {
    for (task, entries) in new.tasks {
      let before = old.tasks[task] ?? []
      for entry in entries.dropFirst(before.count) where entry.kind != .started {
        accepted += 1
        // Without atomic moves the fence is the token in the state itself.
        let highest =
          isAtomic ? highestClaimed[task] ?? 0 : before.map(\.token).max() ?? 0
        if entry.token < highest {
          violation = violation ?? "stale token \(entry.token) < \(highest) accepted for \(task)"
        }
        if before.contains(where: { $0.kind == .done }) {
          violation = violation ?? "a second result was accepted for \(task)"
        }
      }
    }
  }

  private mutating func tell(_ move: ArbiterMove, at now: Int) {
    var text = "deleted"
    if let id = move.new {
      if let claim = claims[id] {
        text = "\(claim.host)/\(claim.incarnation) token \(claim.token) \(claim.phase)"
      } else if let beat = beats[id] {
        text = "incarnation \(beat.incarnation) of \(beat.boot), \(beat.lifetime) ms"
        if let by = beat.endedBy { text += ", ended by \(by)" }
      } else {
        text = states[id].map { "\($0.tasks)" } ?? ""
      }
    }
    story.append("\(now) \(move.reference) \(text)")
  }
}
