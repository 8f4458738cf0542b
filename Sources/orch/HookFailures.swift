internal import Engine

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What went wrong in hooks, which say nothing to git: one line each, for `orch doctor`.
struct HookFailures {
  /// The size from which on the older half is dropped, in bytes.
  static let maximumBytes = 32 * 1024

  /// The file.
  let path: String

  /// The failures of a repository.
  init(commonDirectory: String) { path = commonDirectory + "/orch/hook-failures" }

  /// Adds a line; nothing happens if that cannot be done.
  func add(hook: String, _ text: String, now: Int) {
    let known = lines
    if known.reduce(0, { $0 + $1.utf8.count + 1 }) > Self.maximumBytes {
      let kept = known.suffix(known.count / 2).joined(separator: "\n") + "\n"
      unlink(path)
      TextFile.append(path, kept)
    }
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(500)
    TextFile.append(path, "\(Timestamp.text(now)) \(hook): \(line)\n")
  }

  /// The lines, oldest first.
  var lines: [String] {
    guard access(path, R_OK) == 0, let text = try? TextFile.read(path) else { return [] }
    return text.split(separator: "\n").map(String.init)
  }

  /// Forgets them.
  func clear() { unlink(path) }
}
