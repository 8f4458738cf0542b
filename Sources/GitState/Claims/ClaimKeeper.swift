internal import Git2
internal import Synchronization

/// What the keeper needs from the world, as values.
public struct ClaimClock: Sendable {
  /// The monotonic clock that counts sleep.
  public let now: @Sendable () -> MonotonicTime
  /// Seconds since 1970, for the dates that people see.
  public let seconds: @Sendable () -> Int64
  /// Waits some milliseconds.
  public let pause: @Sendable (_ milliseconds: Int) async -> Void

  /// All parts.
  public init(
    now: @escaping @Sendable () -> MonotonicTime, seconds: @escaping @Sendable () -> Int64,
    pause: @escaping @Sendable (_ milliseconds: Int) async -> Void
  ) {
    self.now = now
    self.seconds = seconds
    self.pause = pause
  }
}

/// How the state at the arbiter is reached while a claim is verified.
public struct StateAtArbiter: Sendable {
  /// Fetches the state and says how a task stands in it; throws if it cannot be fetched.
  public let standing: @Sendable (_ task: RecordID) async throws -> TaskStanding
  /// Records that work with a token begins, pushes that, and says how the task stands there afterwards;
  /// asked only where references cannot move together.
  public let record: @Sendable (_ task: RecordID, _ token: Int) async throws -> TaskStanding

  /// Both parts.
  public init(
    standing: @escaping @Sendable (_ task: RecordID) async throws -> TaskStanding,
    record: @escaping @Sendable (_ task: RecordID, _ token: Int) async throws -> TaskStanding
  ) {
    self.standing = standing
    self.record = record
  }
}

/// Keeps this host's claims: carries out over an arbiter what `ClaimProtocol` decides.
///
/// One for each process that works, which must hold the run lock of the repository. `begin` first, `beat`
/// at least every `timing.beat` milliseconds and after every wake, `acquire` before an attempt, `mayWork`
/// or `workDeadline` while it runs, `finish` or `release` after it.
public actor ClaimKeeper {
  /// The first pause between two tries, in milliseconds; it doubles.
  static let firstPause = 200
  /// The longest pause between two tries, in milliseconds.
  static let longestPause = 30_000
  /// The most offers that one call of `acquire` follows.
  static let maximumOffers = 4

  let arbiter: any Arbiter
  let folder: LocalFolder
  let clock: ClaimClock
  let machine: String?
  var random: any RandomNumberGenerator & Sendable
  var claims: ClaimProtocol
  var isBeating = false
  var busy: Set<RecordID> = []
  private var stored: ClaimMemory?
  /// Why the arbiter could not be read the last time; nil if it could.
  public private(set) var problem: (any Error)?

  /// A keeper for this host; nothing happens before `begin`.
  public init(
    arbiter: any Arbiter, folder: LocalFolder, host: String, timing: ClaimTiming,
    clock: ClaimClock, using generator: some RandomNumberGenerator & Sendable
  ) {
    self.arbiter = arbiter
    self.folder = folder
    self.clock = clock
    random = generator
    machine = ClaimMemory.machine(folder)
    let boot = String(random.next(), radix: 16)
    claims = ClaimProtocol(
      host: host, boot: boot, timing: timing, isUnfenced: !arbiter.isShared)
  }

  /// This host's name at the arbiter.
  public var host: String { claims.host }
  /// This host's claims.
  public var held: [HeldClaim] { claims.held.values.sorted { $0.claim.task < $1.claim.task } }
  /// What the arbiter showed last.
  public var view: ArbiterView { claims.view }
  /// When all work has to stop unless a heartbeat is confirmed before; nil: at once.
  ///
  /// For processes that outlive this one: whoever watches a worker suspends it at this instant.
  public var workDeadline: MonotonicTime? { claims.workDeadline }

  /// True if the worker of a task may run now; ask before every step and after every wake.
  public func mayWork(_ task: RecordID) -> Bool { claims.mayWork(task, at: clock.now()) }

  /// Reads the arbiter, takes over what earlier processes of this machine had begun, and beats once.
  ///
  /// `begun` are the tokens, by task, whose work was begun here and has not ended. Throws if the arbiter
  /// cannot be read.
  public func begin(continuing begun: [RecordID: Int]) async throws -> HeartbeatReport {
    let view = try await arbiter.read()
    stored = ClaimMemory(folder, host: claims.host)
    let isSame = machine != nil && stored?.machine == machine
    claims.join(view, memory: stored?.incarnations, predecessorIsOver: isSame)
    claims.inherit(begun)
    return await beat()
  }

  // MARK: Steps

  /// Drives a move to its end.
  func settle(_ move: ClaimMove) async -> ClaimMove.End {
    busy.insert(move.task)
    defer { busy.remove(move.task) }
    var move = move
    var delay = Self.firstPause
    var next = move.begin()
    while true {
      switch next {
      case .push(let push): next = move.pushed(await arbiter.push(push))
      case .read:
        let view = await look()
        next = move.saw(view)
        if case .ended = next { break }
        await clock.pause(Int.random(in: 1...delay, using: &random))
        delay = min(2 * delay, Self.longestPause)
      case .ended(let end):
        claims.settled(move, end, at: clock.now())
        return end
      }
    }
  }

  /// Reads the arbiter and takes in what it shows; nil if it could not be read.
  @discardableResult
  func look() async -> ArbiterView? {
    let start = clock.now()
    let view: ArbiterView
    do {
      view = try await arbiter.read()
      problem = nil
    } catch {
      problem = error
      return nil
    }
    if claims.saw(view, startedAt: start, endedAt: clock.now()) == .foreign { rename() }
    return view
  }

  /// Another machine has this one's name: from now on it has another, and its claims too with the next
  /// heartbeat.
  public func rename() {
    let label = String(claims.host.prefix { $0 != "-" })
    let name = try? folder.renewHostName(insteadOf: claims.host, preferring: label, using: &random)
    if let name { claims.rename(to: name) }
  }

  /// Keeps what the machine has to know when this process is gone.
  func remember() {
    guard let memory = claims.memory, let machine else { return }
    let next = ClaimMemory(host: claims.host, incarnations: memory, machine: machine)
    guard next != stored, (try? next.store(in: folder)) != nil else { return }
    stored = next
  }

  func nonce() -> String { String(random.next(), radix: 16) }
}
