internal import Git2

/// What attributes say about merging a path: the `.gitattributes` files of the side that is merged into, and the
/// files outside of the tree, in git's order.
///
/// `merge=union`, `merge=binary`, `-merge` and macros such as `binary` are honoured, and `merge.default` where
/// nothing is said. A driver that the configuration defines is a program, which a merge in memory does not run:
/// its files are conflicts where both sides changed them. With `merge.renormalize` line ends are brought to LF first, where
/// they are converted at all. Source: gitattributes(5), "Performing a three-way merge" and "Merging branches with
/// differing checkin/checkout attributes".
struct MergeAttributes {
  /// How a path's content is merged.
  enum Driver { case text, union, binary, program }

  private static let fileName = Array(".gitattributes".utf8)

  /// The tree whose attribute files count; nil if none do.
  var tree: ObjectID?
  /// The drivers that the configuration defines.
  private let programs: Set<String>
  /// The driver of paths that no attribute gives one to (`merge.default`).
  private let standard: String
  /// The rules of the user's and the system's files.
  private let global: AttributeRules
  /// The rules of `info/attributes`, which win over all others.
  private let top: AttributeRules?
  /// How line ends are converted; nil unless `merge.renormalize` is set.
  private let conversions: ConversionSettings?
  /// True if `core.ignorecase` is set.
  private let ignoresCase: Bool

  /// No attributes but those of the tree.
  init() {
    programs = []
    standard = "text"
    global = AttributeRules([], base: 0, below: nil, ignoringCase: false)
    top = nil
    conversions = nil
    ignoresCase = false
  }

  /// What the repository and the user have configured.
  init(configuredIn repository: borrowing Repository) throws(GitError) {
    programs = Set(
      try repository.configurationEntries(prefix: "merge.").compactMap { entry in
        entry.name.hasSuffix(".driver") ? String(entry.name.dropFirst(6).dropLast(7)) : nil
      })
    standard = try repository.configurationText("merge.default") ?? "text"
    let conversions = try ConversionSettings(repository)
    global = conversions.global
    top = conversions.top
    ignoresCase = conversions.ignoresCase
    let renormalizes = try repository.configurationFlag("merge.renormalize") ?? false
    self.conversions = renormalizes ? conversions : nil
  }

  /// True if `merge.renormalize` is set.
  var renormalizes: Bool { conversions != nil }

  /// How a path is merged.
  func driver(
    for path: [UInt8], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> Driver {
    let rules = try rules(for: path, &objects, in: repository)
    switch rules.values(of: path, top: top)["merge"] {
    case nil, .unspecified: return driver(named: standard)
    case .set: return .text
    case .unset: return .binary
    case .text(let name): return driver(named: name)
    }
  }

  /// The content of versions of a path with the line ends that they are merged with.
  func normalized(
    _ versions: [[UInt8]], of path: [UInt8], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> [[UInt8]] {
    guard let conversions, versions.contains(where: { $0.contains(0x0D) }) else { return versions }
    let rules = try rules(for: path, &objects, in: repository)
    let ends = conversions.conversion(of: path, rules).lineEnds
    return versions.map { LineEnds.normalized($0, ends) { () -> [UInt8]? in nil } }
  }

  /// The rules that hold for a path.
  private func rules(
    for path: [UInt8], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> AttributeRules {
    var rules = global
    var folder = tree
    var start = 0
    while let id = folder {
      let entries = try objects.tree(id, in: repository)
      if let file = entries[Self.fileName], !file.isTree {
        let text = try objects.blob(file.id, in: repository)
        rules = AttributeRules(text, base: start, below: rules, ignoringCase: ignoresCase)
      }
      guard let slash = path[start...].firstIndex(of: UInt8(ascii: "/")) else { break }
      let entry = entries[Array(path[start..<slash])]
      folder = entry?.isTree == true ? entry?.id : nil
      start = slash + 1
    }
    return rules
  }

  private func driver(named name: String) -> Driver {
    switch name {
    case "union": .union
    case "binary": .binary
    case "text": .text
    default: programs.contains(name) ? .program : .text
    }
  }
}
