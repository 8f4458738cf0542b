internal import CGit2

/// Lines of one text that another text has instead of its own, counted from 0.
public struct LineChange: Sendable, Hashable {
  /// The lines that were; empty for an insertion.
  public var old: Range<Int>
  /// The lines that are; empty for a deletion.
  public var new: Range<Int>

  /// Both ranges.
  public init(old: Range<Int>, new: Range<Int>) {
    self.old = old
    self.new = new
  }
}

extension Repository {
  /// The changes between two texts by Myers' algorithm, as libgit2 finds them.
  public static func lineChanges(
    from old: [UInt8], to new: [UInt8]
  ) throws(GitError) -> [LineChange] {
    try Library.start()
    var options = git_diff_options()
    try check(
      git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), "prepare a comparison")
    options.context_lines = 0
    options.flags = GIT_DIFF_FORCE_TEXT.rawValue
    var changes: [LineChange] = []
    let collect: git_diff_hunk_cb = { _, hunk, payload in
      guard let hunk, let payload else { return 0 }
      let found = hunk.pointee
      // A side without lines names the line before it.
      let oldStart = Int(found.old_start) - (found.old_lines == 0 ? 0 : 1)
      let newStart = Int(found.new_start) - (found.new_lines == 0 ? 0 : 1)
      payload.assumingMemoryBound(to: [LineChange].self).pointee.append(
        LineChange(
          old: oldStart..<oldStart + Int(found.old_lines),
          new: newStart..<newStart + Int(found.new_lines)))
      return 0
    }
    let status = old.withUnsafeBytes { oldBytes in
      new.withUnsafeBytes { newBytes in
        withUnsafeMutablePointer(to: &changes) { payload in
          git_diff_buffers(
            oldBytes.baseAddress, oldBytes.count, nil, newBytes.baseAddress, newBytes.count, nil,
            &options, nil, nil, collect, nil, UnsafeMutableRawPointer(payload))
        }
      }
    }
    try check(status, "compare two texts")
    return changes
  }
}
