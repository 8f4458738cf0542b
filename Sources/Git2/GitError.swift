internal import CGit2

/// A failed call of libgit2: which one, its code, and the library's own words.
public struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The outcomes that callers tell apart; codes that are not listed keep their number.
  public enum Code: Sendable, Hashable {
    /// The thing that was asked for does not exist (−3).
    case notFound
    /// The thing that was to be made exists (−4).
    case exists
    /// A shortened name fits more than one thing (−5).
    case ambiguous
    /// A buffer is too short (−6).
    case bufferTooShort
    /// The operation needs a work tree (−8).
    case bareRepository
    /// HEAD names a branch without commits (−9).
    case unbornBranch
    /// An index has conflicts (−10).
    case unmerged
    /// The move would lose commits (−11).
    case nonFastForward
    /// A name is not allowed (−12).
    case invalidName
    /// A checkout would overwrite changes (−13).
    case conflict
    /// Another process holds the lock file (−14).
    case locked
    /// A reference is not what the caller expected it to be (−15).
    case modified
    /// The repository belongs to another user (−36).
    case owner
    /// Any other code.
    case other(Int32)
  }

  /// What kind of failure it is.
  public let code: Code
  /// The number of libgit2's error class, 0 if it left none.
  public let category: Int32
  /// What was being done, as an infinitive: "read reference 'refs/heads/main'".
  public let operation: String
  /// libgit2's own message; may be empty.
  public let message: String

  /// A failure found by orch's own code in the place of libgit2.
  public init(code: Code, category: Int32 = 0, operation: String, message: String) {
    self.code = code
    self.category = category
    self.operation = operation
    self.message = message
  }

  /// One line with operation and message.
  public var description: String {
    "could not \(operation): \(message.isEmpty ? "libgit2 code \(code.number)" : message)"
  }
}

extension GitError.Code {
  /// Maps libgit2's signed code.
  init(number: Int32) {
    self =
      switch number {
      case GIT_ENOTFOUND.rawValue: .notFound
      case GIT_EEXISTS.rawValue: .exists
      case GIT_EAMBIGUOUS.rawValue: .ambiguous
      case GIT_EBUFS.rawValue: .bufferTooShort
      case GIT_EBAREREPO.rawValue: .bareRepository
      case GIT_EUNBORNBRANCH.rawValue: .unbornBranch
      case GIT_EUNMERGED.rawValue: .unmerged
      case GIT_ENONFASTFORWARD.rawValue: .nonFastForward
      case GIT_EINVALIDSPEC.rawValue: .invalidName
      case GIT_ECONFLICT.rawValue: .conflict
      case GIT_ELOCKED.rawValue: .locked
      case GIT_EMODIFIED.rawValue: .modified
      case GIT_EOWNER.rawValue: .owner
      default: .other(number)
      }
  }

  /// libgit2's signed number.
  public var number: Int32 {
    switch self {
    case .notFound: -3
    case .exists: -4
    case .ambiguous: -5
    case .bufferTooShort: -6
    case .bareRepository: -8
    case .unbornBranch: -9
    case .unmerged: -10
    case .nonFastForward: -11
    case .invalidName: -12
    case .conflict: -13
    case .locked: -14
    case .modified: -15
    case .owner: -36
    case .other(let number): number
    }
  }
}
