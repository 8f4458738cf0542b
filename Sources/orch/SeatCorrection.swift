#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A correction of the seat: one more line in what the repository adds to the skill.
struct SeatCorrection {
  /// The top folder of the worktree whose file is changed.
  let top: String
  private let line: String
  /// The file as it is, byte by byte; nil if there is none.
  private let old: [UInt8]?

  /// Reads the file that is to be changed; throws `CommandError` if it cannot be read.
  init(_ correction: String, in top: String) throws {
    self.top = top
    line = "- " + correction.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let path = "\(top)/\(SeatText.additions)"
    old = access(path, F_OK) == 0 ? Array(try TextFile.read(path).utf8) : nil
  }

  /// Lines as git sees them: what ends with a line feed.
  private var lines: [String] {
    (old ?? []).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private var isWhole: Bool { old?.last == UInt8(ascii: "\n") }

  /// What stands before the line feeds of the file.
  private var carriageReturn: String { lines.first?.utf8.last == UInt8(ascii: "\r") ? "\r" : "" }

  /// True if the file says so already.
  var isSaid: Bool {
    lines.contains { $0.utf8.last == UInt8(ascii: "\r") ? $0.dropLast() == line : $0 == line }
  }

  /// The change as a patch, for `git apply` in the top folder.
  var patch: String {
    let file = SeatText.additions
    let head = "diff --git a/\(file) b/\(file)\n"
    guard old != nil else {
      return head + "new file mode 100644\n--- /dev/null\n+++ b/\(file)\n@@ -0,0 +1 @@\n+\(line)"
    }
    let names = "--- a/\(file)\n+++ b/\(file)\n"
    let kept = isWhole ? lines.dropLast() : lines[...]
    guard old?.isEmpty == false, let last = kept.last else {
      return head + names + "@@ -0,0 +1 @@\n+\(line)"
    }
    let context =
      isWhole ? " \(last)" : "-\(last)\n\\ No newline at end of file\n+\(last)\(carriageReturn)"
    return head + names
      + "@@ -\(kept.count) +\(kept.count),2 @@\n\(context)\n+\(line)\(carriageReturn)"
  }

  /// Makes the change; returns the file's path.
  func apply() throws -> String {
    let path = "\(top)/\(SeatText.additions)"
    let text = String(decoding: old ?? [], as: UTF8.self)
    let end = carriageReturn + "\n"
    try TextFile.makeFolders(of: path)
    try TextFile.replace(path, text + (text.isEmpty || isWhole ? "" : end) + line + end)
    return path
  }
}
