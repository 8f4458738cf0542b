/// A file, folder or line of a fetched state that is kept out of ours.
public struct Finding: Sendable, Hashable {
  /// Why it is kept out.
  public enum Reason: Sendable, Hashable {
    /// Its mode is neither that of a plain file nor of a folder: a link, a program, a submodule.
    case mode(UInt32)
    /// Its name is not one that a state may have.
    case name
    /// Its name differs from another only in capitals.
    case caseClash(with: String)
    /// A file where the format has a folder, or the other way round.
    case wrongKind
    /// The folder is not written as git writes it: order, doubled names, modes.
    case malformedFolder
    /// More names from the top than any file of a state has.
    case tooDeep(limit: Int)
    /// The folder has too many entries; `count` is nil if it was not even read.
    case tooManyEntries(count: Int?, limit: Int)
    /// Too many files and folders in it.
    case tooManyPaths(limit: Int)
    /// The file is too large, in bytes.
    case tooLarge(bytes: Int, limit: Int)
    /// The object is not what it says it is.
    case unreadable(String)
    /// Lines that are too long.
    case longLines(count: Int, limit: Int)
    /// Lines dated too far after our clock; `latest` in milliseconds since 1970.
    case futureLines(count: Int, latest: Double)
    /// Lines with numbers that leave no room to count on.
    case numbers(count: Int)
  }

  /// The path in the state's tree; empty for its top.
  public let path: String
  /// Why it is kept out.
  public let reason: Reason
}

/// A host whose lines are dated after our clock: accepted, and worth telling.
public struct ClockSkew: Sendable, Hashable {
  /// The host that the line names.
  public let host: String
  /// How far it is ahead, in milliseconds.
  public let milliseconds: Int
}

/// Why a fetched state is not joined at all; ours is untouched.
public enum Refusal: Sendable, Hashable {
  /// More new objects than a sync takes.
  case tooManyObjects(limit: Int)
  /// More bytes in new objects than a sync takes.
  case tooManyBytes(limit: Int)
  /// More paths differ than a sync takes.
  case tooManyPaths(limit: Int)
  /// The commit is not one of a state of orch.
  case notAState(reason: String)
  /// The states were compacted a different number of times.
  case differentEpoch(ours: Int, theirs: Int)
}
