public import Engine

/// The radar as people read it.
public enum RadarText {
  /// The most files of a collision that are named.
  static let maximumFiles = 5

  /// All bases, each with its collisions and the order of merging.
  public static func text(_ views: [RadarView]) -> String {
    let parts = views.map(text)
    return parts.isEmpty ? "no open branches" : parts.joined(separator: "\n\n")
  }

  private static func text(_ view: RadarView) -> String {
    let titles = Dictionary(
      view.branches.map { ($0.task, $0.title) }, uniquingKeysWith: { first, _ in first })
    let name = { (task: String) in "\(task.prefix(6)) \(titles[task] ?? "")" }
    let count = view.branches.count == 1 ? "1 open branch" : "\(view.branches.count) open branches"
    var lines = ["\(view.base) at \(view.baseHead.prefix(8)): \(count)"]
    for (task, places) in view.baseConflicts.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name(task)) does not fit onto \(view.base): \(list(places))")
    }
    for pair in view.collisions {
      let verb = pair.isCertain ? "collides with" : "works on the same files as"
      lines.append("  \(name(pair.one)) \(verb) \(name(pair.other)): \(list(pair.places))")
    }
    guard !view.collisions.isEmpty || !view.baseConflicts.isEmpty else {
      return (["\(lines[0]), no collision"] + unreadable(view, name)).joined(separator: "\n")
    }
    lines.append("  merge in this order:")
    for (index, task) in view.order.enumerated() {
      let again = view.rework.contains(task) ? "  (to be worked on again)" : ""
      lines.append("  \(index + 1). \(name(task))\(again)")
    }
    return (lines + unreadable(view, name)).joined(separator: "\n")
  }

  private static func unreadable(_ view: RadarView, _ name: (String) -> String) -> [String] {
    view.unreadable.sorted { $0.key < $1.key }.map { task, reason in
      "  \(name(task)) cannot be looked at: \(reason)"
    }
  }

  private static func list(_ places: [RadarView.Place]) -> String {
    let shown = places.prefix(maximumFiles).map { "\($0.path) (\($0.kind))" }
    let rest = places.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
  }
}
