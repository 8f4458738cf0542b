internal import Git2

/// What attributes say about merging a path: the `.gitattributes` files of the side that is merged into, and the
/// files outside of the tree, in git's order.
///
/// `merge=union`, `merge=binary`, `-merge` and macros such as `binary` are honoured, and `merge.default` where
/// nothing is said. A driver that the configuration defines is a program, which a merge in memory does not run:
/// its files are conflicts where both sides changed them. Source: gitattributes(5), "Performing a three-way merge".
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

  /// No attributes but those of the tree.
  init() {
    programs = []
    standard = "text"
    global = AttributeRules([], base: 0, below: nil, ignoringCase: false)
    top = nil
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
  }

  /// How a path is merged.
  func driver(
    for path: [UInt8], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> Driver {
    var rules = global
    var folder = tree
    var start = 0
    while let id = folder {
      let entries = try objects.tree(id, in: repository)
      if let file = entries[Self.fileName], !file.isTree {
        let text = try objects.blob(file.id, in: repository)
        rules = AttributeRules(text, base: start, below: rules, ignoringCase: false)
      }
      guard let slash = path[start...].firstIndex(of: UInt8(ascii: "/")) else { break }
      let entry = entries[Array(path[start..<slash])]
      folder = entry?.isTree == true ? entry?.id : nil
      start = slash + 1
    }
    switch rules.values(of: path, top: top)["merge"] {
    case nil, .unspecified: return driver(named: standard)
    case .set: return .text
    case .unset: return .binary
    case .text(let name): return driver(named: name)
    }
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
