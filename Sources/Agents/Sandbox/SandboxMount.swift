/// One step of building what a sandboxed worker sees, in the order in which bubblewrap takes them.
public enum SandboxMount: Sendable, Hashable {
  /// A file or folder at its own place or another, for reading.
  case readOnly(String, at: String)
  /// The same for writing.
  case writable(String, at: String)
  /// An empty folder in memory.
  case empty(String)
  /// A symbolic link.
  case link(target: String, at: String)

  /// The words for bubblewrap: bwrap(1).
  var words: [String] {
    switch self {
    case .readOnly(let source, let place): ["--ro-bind", source, place]
    case .writable(let source, let place): ["--bind", source, place]
    case .empty(let place): ["--tmpfs", place]
    case .link(let target, let place): ["--symlink", target, place]
    }
  }
}
