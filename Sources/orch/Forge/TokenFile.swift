internal import Forge

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The file with the token of an App's installation, which only its user can read: what orch starts next finds it.
///
/// It is beside the state's local files and never in the state; without it another token is made.
struct TokenFile: Sendable {
  /// A longer file is not one of ours, in bytes.
  static let maximumBytes = 16 << 10

  private let file: ExchangedFile

  /// The file of a repository, by the folder that all its worktrees share.
  init(commonDirectory: String) {
    file = ExchangedFile(
      path: commonDirectory + "/orch/app-token", maximumBytes: Self.maximumBytes, isPrivate: true)
  }

  /// The file as a shelf.
  var shelf: TokenShelf {
    TokenShelf(read: { [file] in file.read() }, write: { [file] bytes in file.write(bytes) })
  }

  /// Forgets the token if it is the one that was refused.
  func forget(_ secret: String) {
    guard let bytes = file.read(), String(decoding: bytes, as: UTF8.self).contains("\"\(secret)\"")
    else {
      return
    }
    unlink(file.path)
  }
}
