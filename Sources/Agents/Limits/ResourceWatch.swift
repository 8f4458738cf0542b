internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Looks now and then whether a worker keeps its limits.
struct ResourceWatch {
  /// A limit that was passed.
  struct Excess {
    let text: String
    /// True if it is passed by so much that there is no time for a gentle end.
    let isUrgent: Bool
  }

  /// How often memory and processes are looked at, in milliseconds.
  static let lookMilliseconds: Int64 = 500
  /// How often the disk is looked at at most, in milliseconds.
  static let diskMilliseconds: Int64 = 2000
  /// A look at the disk may take this part of the time: one in so many.
  static let diskShare: Int64 = 20
  /// How long a worker that finds its folder too full may take to clear it, in milliseconds.
  static let clearingMilliseconds: Int64 = 120_000

  private let limits: ResourceLimits
  private var nextLookAt: Int64 = 0
  private var nextDiskAt: Int64
  private let clearUntil: Int64

  init(_ limits: ResourceLimits, now: Int64) {
    self.limits = limits
    nextDiskAt = now + Self.diskMilliseconds
    let isFull = limits.diskBytes.map { limits.folders.map(ResourceUse.disk).reduce(0, +) > $0 }
    clearUntil = isFull == true ? now + Self.clearingMilliseconds : now
  }

  /// What is passed at `now`; nil if nothing is, or it is not time to look.
  mutating func look(_ now: Int64) -> Excess? {
    if limits.isEmpty { return nil }
    if now >= nextLookAt, limits.memoryBytes != nil || limits.processes != nil {
      nextLookAt = now + Self.lookMilliseconds
      if let excess = usage() { return excess }
    }
    guard now >= nextDiskAt else { return nil }
    let excess = disk()
    let spent = orch_monotonic_ms() - now
    nextDiskAt = now + max(Self.diskMilliseconds, spent * Self.diskShare)
    return now < clearUntil ? nil : excess
  }

  /// What the disk says at the end of a run.
  func last() -> Excess? { disk() }

  private func usage() -> Excess? {
    let use = ResourceUse.below(getpid())
    if let limit = limits.memoryBytes, use.memoryBytes > limit {
      return Excess(
        text:
          "it used \(Self.megabytes(use.memoryBytes)) MB of memory, \(Self.megabytes(limit)) are allowed",
        isUrgent: use.memoryBytes > 2 * limit)
    }
    if let limit = limits.processes, use.processes > limit {
      return Excess(
        text: "it ran \(use.processes) processes at once, \(limit) are allowed",
        isUrgent: use.processes > 2 * limit)
    }
    return nil
  }

  private func disk() -> Excess? {
    guard let limit = limits.diskBytes else { return nil }
    let used = limits.folders.map(ResourceUse.disk).reduce(0, +)
    guard used > limit else { return nil }
    let what =
      limits.folders.count > 1 ? "its worktree and its own folders hold" : "its worktree holds"
    return Excess(
      text: "\(what) \(Self.megabytes(used)) MB, \(Self.megabytes(limit)) are allowed",
      isUrgent: used > 2 * limit)
  }

  private static func megabytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}
