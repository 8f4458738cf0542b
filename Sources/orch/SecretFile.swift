#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A file that holds a secret.
enum SecretFile {
  /// Its text; throws `CommandError` if it cannot be read.
  ///
  /// `key` is the setting that names it.
  static func read(_ path: String, key: String) throws -> String {
    let path = Composition.root(path)
    do {
      return try TextFile.read(path)
    } catch let error as CommandError {
      throw CommandError(
        error.report.sentence, causes: ["'\(key)' names it"], hints: ["see: orch config \(key)"])
    }
  }

  /// What to say of a file that other users of this machine can read; nil if they cannot.
  static func notice(_ path: String) -> String? {
    let path = Composition.root(path)
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & 0o077 != 0 else { return nil }
    return "'\(path)' can be read by other users: chmod 600 \(path)"
  }
}
