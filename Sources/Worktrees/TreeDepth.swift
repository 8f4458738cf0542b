/// How deep folders may lie in folders where trees are compared or merged.
///
/// Trees are walked by functions that call themselves, and a branch may bring a tree of any depth: it must
/// not end the process by a full stack. git refuses such trees too (`core.maxTreeDepth`).
enum TreeDepth {
  /// The most folders above a folder; a thread with a stack of 512 KiB has room for them.
  static let maximum = 256

  /// Throws `WorktreeError.refused` for a folder that lies too deep.
  static func check(_ path: [UInt8]) throws(WorktreeError) {
    // So many folders have names and slashes of at least so many bytes.
    guard path.count > 2 * maximum, path.reduce(0, { $0 + ($1 == 0x2F ? 1 : 0) }) > maximum else {
      return
    }
    throw .refused(
      path: String(decoding: path.prefix(200), as: UTF8.self) + "…",
      reason: "folders lie deeper than \(maximum) levels")
  }
}
