internal import Git2
internal import Worktrees

/// Looks through what commits add for lines that look like a secret, before it leaves this machine.
///
/// A line that the commits before have at the same path, and a file that was only moved, are nothing new. Binary
/// files, files and searches beyond the bounds, and lines that are too long to be judged are not looked at.
struct SecretSearch {
  /// The largest file that is looked at, in bytes.
  static let maximumFileBytes = 4 << 20
  /// The most bytes that one search looks at.
  static let maximumBytes = 64 << 20
  /// The most folders above a folder.
  static let maximumDepth = 256
  /// How much of a file tells whether it is binary, in bytes, as for git.
  private static let binaryBytes = 8000

  /// A line that looks like a secret; what it says is not kept.
  struct Finding: Hashable {
    /// The file, from the top of the repository; nil for the commit's message.
    let path: String?
    /// The line's number, from 1.
    let line: Int
    /// What it looks like, such as `password`.
    let kind: String
    /// The commit that adds it; nil for what is uncommitted.
    let commit: ObjectID?
  }

  private struct Change {
    let path: [[UInt8]]
    let old: ObjectID?
    let new: ObjectID?
  }

  /// Replaces secrets in a file's content by `[redacted:kind]`.
  let redact: @Sendable ([UInt8]) -> [UInt8]
  /// Files in which nothing is looked for.
  let allowed: PathRules
  /// In the order in which they were found.
  private(set) var findings: [Finding] = []
  private var looked = 0

  init(redact: @escaping @Sendable ([UInt8]) -> [UInt8], allowing patterns: [String]) {
    self.redact = redact
    allowed = PathRules(patterns)
  }

  /// Looks at what a commit adds to all of its parents; `uncommitted` for one that stands for files.
  mutating func look(
    at id: ObjectID, uncommitted: Bool = false, in repository: borrowing Repository
  ) throws {
    let commit = try repository.commit(id)
    if !uncommitted { note(Array(commit.message.utf8), without: [], nil, id) }
    // Older checkpoints are further parents of a checkpoint.
    let parents = try commit.parents.prefix(uncommitted ? 1 : commit.parents.count)
      .map { try repository.commit($0).tree }
    var changes: [Change] = []
    try Self.compare(commit.tree, parents.first, [], &changes, in: repository)
    let removed = Set(changes.compactMap(\.old))
    for change in changes {
      guard let new = change.new, !removed.contains(new) else { continue }
      var before = [change.old].compactMap { $0 }
      for parent in parents.dropFirst() {
        if let entry = try repository.entry(change.path[...], in: parent), !entry.isTree {
          before.append(entry.id)
        }
      }
      if before.contains(new) { continue }
      try look(at: new, change.path, since: before, uncommitted ? nil : id, in: repository)
    }
  }

  private mutating func look(
    at blob: ObjectID, _ path: [[UInt8]], since before: [ObjectID], _ commit: ObjectID?,
    in repository: borrowing Repository
  ) throws {
    let name = String(decoding: Array(path.joined(separator: [0x2F])), as: UTF8.self)
    guard !allowed.matches(name), let header = try repository.header(of: blob),
      header.kind == .blob, header.size <= Self.maximumFileBytes,
      looked + header.size <= Self.maximumBytes
    else { return }
    looked += header.size
    let content = try repository.bytes(of: blob, .blob)
    guard !content.prefix(Self.binaryBytes).contains(0) else { return }
    var known: [[UInt8]] = []
    for id in before where try (repository.header(of: id)?.size ?? .max) <= Self.maximumFileBytes {
      known.append(try repository.bytes(of: id, .blob))
    }
    note(content, without: known, name, commit)
  }

  /// Notes the lines of a text that look like a secret and that none of `before` has.
  private mutating func note(
    _ content: [UInt8], without before: [[UInt8]], _ name: String?, _ commit: ObjectID?
  ) {
    let clean = redact(content)
    guard clean != content else { return }
    let (lines, others) = (Self.lines(content), Self.lines(clean))
    guard lines.count == others.count else { return }
    let known = Set(before.flatMap(Self.lines))
    for (index, (line, other)) in zip(lines, others).enumerated()
    where line != other && !known.contains(line) {
      guard let kind = Self.kind(of: other) else { continue }
      findings.append(Finding(path: name, line: index + 1, kind: kind, commit: commit))
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
  }

  /// What was found in a line, by the marker that stands for it; nil if it was only too long to be judged.
  private static func kind(of redacted: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: redacted, as: UTF8.self)
    return text.ranges(of: "[redacted:").map { String(text[$0.upperBound...].prefix { $0 != "]" }) }
      .first { $0 != "line" }
  }

  /// The files in which two trees differ; nil for a folder that is not there.
  private static func compare(
    _ new: ObjectID?, _ old: ObjectID?, _ folder: [[UInt8]], _ changes: inout [Change],
    in repository: borrowing Repository
  ) throws {
    guard new != old, folder.count <= maximumDepth else { return }
    let before = try old.map { try RawTree(bytes: repository.bytes(of: $0, .tree)) } ?? RawTree()
    let after = try new.map { try RawTree(bytes: repository.bytes(of: $0, .tree)) } ?? RawTree()
    let gone = before.entries(notIn: after).filter { after[$0.name] == nil }
    for name in after.entries(notIn: before).map(\.name) + gone.map(\.name) {
      let (was, now) = (before[name], after[name])
      let path = folder + [name]
      let folders = [now, was].map { $0?.isTree == true ? $0?.id : nil }
      if folders.contains(where: { $0 != nil }) {
        try compare(folders[0], folders[1], path, &changes, in: repository)
      }
      let files = [was, now].map { isFile($0) ? $0?.id : nil }
      if files.contains(where: { $0 != nil }) {
        changes.append(Change(path: path, old: files[0], new: files[1]))
      }
    }
  }

  private static func isFile(_ entry: RawTree.Entry?) -> Bool {
    entry.map { !$0.isTree && $0.mode != RawTree.submoduleMode } ?? false
  }
}
