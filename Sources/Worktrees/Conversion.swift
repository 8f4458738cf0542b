internal import Git2

/// What is done to a file's content between repository and worktree.
///
/// Source: gitattributes(5), "Effects", and core.autocrlf and core.eol in git-config(1).
struct Conversion: Sendable, Hashable {
  /// How line ends are brought to LF on the way into the repository.
  enum LineEnds: Sendable, Hashable {
    case untouched
    /// Always, since the file is declared as text.
    case text
    /// If the content looks like text.
    case guessed
  }

  /// As declared.
  var lineEnds = LineEnds.untouched
  /// True if the worktree's file has CRLF.
  var writesCRLF = false
  /// True if something else than line ends is converted on the way into the repository.
  var isFilteredIn = false
  /// True if something else than line ends is converted on the way out.
  var isFilteredOut = false

  /// Content stays as it is both ways.
  static let none = Conversion()

  /// True if the git program has to write the file.
  var needsGitToWrite: Bool { writesCRLF || isFilteredOut }
}

/// The repository's part in conversions: its configuration and the rules outside the tree.
struct ConversionSettings: Sendable {
  private enum LineEndSetting { case untouched, crlf, input }

  private let autoLineEnds: LineEndSetting
  private let nativeIsCRLF: Bool
  private let smudgers: Set<String>
  private let cleaners: Set<String>
  /// The rules of `info/attributes`, which win over all others.
  let top: AttributeRules?
  /// The rules of the user's and the system's attribute files; those of the tree hang below them.
  let global: AttributeRules
  /// True if `core.ignorecase` is set.
  let ignoresCase: Bool

  /// Reads what the repository and the user have configured.
  init(_ repository: borrowing Repository) throws(GitError) {
    ignoresCase = try repository.configurationFlag("core.ignorecase") ?? false
    switch try repository.configurationText("core.autocrlf") {
    case "input": autoLineEnds = .input
    case nil: autoLineEnds = .untouched
    default:
      autoLineEnds = try repository.configurationFlag("core.autocrlf") == true ? .crlf : .untouched
    }
    nativeIsCRLF = try repository.configurationText("core.eol")?.lowercased() == "crlf"
    var smudgers: Set<String> = []
    var cleaners: Set<String> = []
    for entry in try repository.configurationEntries(prefix: "filter.") where !entry.value.isEmpty {
      guard let dot = entry.name.lastIndex(of: ".") else { continue }
      let driver = String(entry.name[..<dot].dropFirst("filter.".count))
      let key = entry.name[dot...]
      if key == ".smudge" || key == ".process" { smudgers.insert(driver) }
      if key == ".clean" || key == ".process" { cleaners.insert(driver) }
      if key == ".required" {
        smudgers.insert(driver)
        cleaners.insert(driver)
      }
    }
    self.smudgers = smudgers
    self.cleaners = cleaners
    var rules: AttributeRules?
    for path in [Library.searchPath(for: .system).map { $0 + "/gitattributes" }]
      + [try Self.userFile(repository, "core.attributesfile", "attributes")]
    {
      guard let path, let text = FileText.bytes(path) else { continue }
      rules = AttributeRules(text, base: 0, below: rules, ignoringCase: ignoresCase)
    }
    global = rules ?? AttributeRules([], base: 0, below: nil, ignoringCase: ignoresCase)
    let anyCase = ignoresCase
    top = FileText.bytes(repository.commonDirectory + "/info/attributes").map {
      AttributeRules($0, base: 0, below: nil, ignoringCase: anyCase)
    }
  }

  /// The user's own file: as configured, or `~/.config/git/NAME`.
  static func userFile(
    _ repository: borrowing Repository, _ key: String, _ name: String
  ) throws(GitError) -> String? {
    if let path = try repository.configurationPath(key) { return path }
    return Library.searchPath(for: .xdg).map { $0 + "/" + name }
  }

  /// True if no file below these rules can be converted.
  func isAlwaysPlain(_ rules: AttributeRules) -> Bool {
    autoLineEnds == .untouched && rules.isEmpty && (top?.isEmpty ?? true)
  }

  /// What happens to the content of a file.
  func conversion(of path: [UInt8], _ rules: AttributeRules) -> Conversion {
    if isAlwaysPlain(rules) { return .none }
    let values = rules.values(of: path, top: top)
    var result = Conversion()
    setLineEnds(values, &result)
    if values["ident"] == .set { (result.isFilteredIn, result.isFilteredOut) = (true, true) }
    if case .text(let encoding) = values["working-tree-encoding"],
      !["utf-8", "utf8"].contains(encoding.lowercased())
    {
      (result.isFilteredIn, result.isFilteredOut) = (true, true)
    }
    if case .text(let driver) = values["filter"] {
      if cleaners.contains(driver) { result.isFilteredIn = true }
      if smudgers.contains(driver) { result.isFilteredOut = true }
    }
    return result
  }

  /// True where text is written with CRLF unless something else is said.
  private var textIsCRLF: Bool {
    switch autoLineEnds {
    case .crlf: true
    case .input: false
    case .untouched: nativeIsCRLF
    }
  }

  private func setLineEnds(_ values: [String: AttributeValue], _ result: inout Conversion) {
    var declared = values["text"]
    if declared == nil || declared == .unspecified { declared = values["crlf"] }
    let eol = values["eol"]
    switch declared {
    case .unset: return
    case .text("auto"):
      result.lineEnds = .guessed
      result.writesCRLF = textIsCRLF
    case .set, .text("input"):
      result.lineEnds = .text
      result.writesCRLF = declared == .set && textIsCRLF
    default:
      if eol == .text("lf") || eol == .text("crlf") {
        result.lineEnds = .text
      } else if autoLineEnds != .untouched {
        result.lineEnds = .guessed
        result.writesCRLF = autoLineEnds == .crlf
      }
    }
    if eol == .text("lf") { result.writesCRLF = false }
    if eol == .text("crlf") { result.writesCRLF = true }
  }
}
