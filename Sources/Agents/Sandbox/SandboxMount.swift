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

  /// Where it is inside.
  public var place: String {
    switch self {
    case .readOnly(_, let place), .writable(_, let place), .empty(let place), .link(_, let place):
      place
    }
  }

  /// What it shows, on this side; nil if it shows nothing of it.
  var source: String? {
    switch self {
    case .readOnly(let source, _), .writable(let source, _): source
    case .empty, .link: nil
    }
  }

  /// Both paths.
  var paths: [String] { [place] + (source.map { [$0] } ?? []) }

  /// The rest of its place below a folder, with a leading slash, or nothing for the folder itself; nil if it
  /// lies elsewhere.
  func place(below folder: String) -> String? {
    if place == folder { return "" }
    return place.hasPrefix(folder + "/") ? String(place.dropFirst(folder.count)) : nil
  }

  /// The same at another place.
  func moved(to place: String) -> SandboxMount {
    switch self {
    case .readOnly(let source, _): .readOnly(source, at: place)
    case .writable(let source, _): .writable(source, at: place)
    case .empty: .empty(place)
    case .link(let target, _): .link(target: target, at: place)
    }
  }

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
