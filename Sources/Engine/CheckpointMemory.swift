internal import Git2

/// What was last read and kept of the attempts that run here, so that a look at which nothing changed costs
/// nothing.
///
/// A process that begins knows nothing: it records at most one checkpoint more.
struct CheckpointMemory: Sendable {
  /// One attempt.
  private struct Entry: Sendable {
    /// The checkpoint's text as the worker wrote it; what is stored has its secrets replaced.
    var text: String?
    var head: ObjectID?
    /// When the worktree was kept, in milliseconds since 1970.
    var keptAt: Int?
    /// How long that took, in milliseconds.
    var took = 0
  }

  /// A worktree is kept again at the earliest after so many times what it took.
  private static let leisure = 20

  private var entries: [String: Entry] = [:]

  /// True if a checkpoint's text was recorded already.
  func hasRecorded(_ text: String, of attempt: String) -> Bool { entries[attempt]?.text == text }

  /// A checkpoint's text was recorded.
  mutating func note(_ text: String, of attempt: String) {
    entries[attempt, default: Entry()].text = text
  }

  /// True if the worktree of an attempt is to be kept: its branch has moved, or the time is over.
  ///
  /// All times are in milliseconds. The first look only begins to count.
  mutating func isDue(_ attempt: String, head: ObjectID?, now: Int, every interval: Int) -> Bool {
    var entry = entries[attempt] ?? Entry()
    defer { entries[attempt] = entry }
    guard let keptAt = entry.keptAt else {
      (entry.keptAt, entry.head) = (now, head)
      return false
    }
    let passed = now - keptAt
    if passed < 0 { return true }
    let rest = Self.leisure * entry.took
    return entry.head != head ? passed >= rest : passed >= max(interval, rest)
  }

  /// The worktree of an attempt was kept, or could not be; it took from `start` to `end`.
  mutating func kept(_ attempt: String, head: ObjectID?, from start: Int, to end: Int) {
    entries[attempt, default: Entry()].head = head
    entries[attempt]?.keptAt = end
    entries[attempt]?.took = max(0, end - start)
  }

  /// Forgets the attempts that are not among these.
  mutating func forget(except attempts: Set<String>) {
    entries = entries.filter { attempts.contains($0.key) }
  }
}
