internal import GitCLI

/// What `orch doctor` looks at of merges and checkouts: settings that git obeys and orch's own merge does not, and file
/// names that a file system without case takes for one.
struct MergeDoctor {
  let session: Session

  /// The most names that are listed.
  private static let maximumNames = 3

  /// What was found; nothing where nothing is special.
  func look() async -> [Finding] { await drivers() + names() }

  /// Merge drivers, which are programs that a merge in memory does not run.
  private func drivers() async -> [Finding] {
    let found = try? await session.git.run(
      ["config", "--null", "--name-only", "--get-regexp", "^merge\\..*\\.driver$"], accepting: [1])
    let names = Set(
      (found?.text ?? "").split(separator: "\0").map { $0.dropFirst(6).dropLast(7) }
    ).sorted()
    guard !names.isEmpty else { return [] }
    return [
      Finding(
        true,
        "merge drivers are not run by orch (\(Self.list(names.map(String.init)))): where both sides changed such a "
          + "file it is a conflict, which a worker settles")
    ]
  }

  /// Files of the checked-out commit that differ by case only, where the file system does not.
  private func names() async -> [Finding] {
    let flag = try? await session.git.run(
      ["config", "--type=bool", "core.ignoreCase"], accepting: [1])
    guard flag?.text.hasPrefix("true") == true,
      let listed = try? await session.git.run(
        ["ls-tree", "-r", "-t", "-z", "--name-only", "--full-tree", "HEAD"], accepting: [128])
    else { return [] }
    let paths = listed.text.split(separator: "\0").map(String.init)
    let same = Dictionary(grouping: paths) { $0.lowercased() }.values.filter { $0.count > 1 }
      .sorted { $0[0] < $1[0] }
    guard let first = same.first else { return [] }
    let all = same.map { $0.joined(separator: " and ") }
    return [
      Finding(
        false,
        "\(same.count == 1 ? "files differ" : "\(same.count) times files differ") by case only, which "
          + "'core.ignoreCase' takes for one: \(Self.list(all))",
        hint: "rename one where the file system has both: 'git mv \(first[0]) OTHER'")
    ]
  }

  private static func list(_ names: [String]) -> String {
    let more = names.count - maximumNames
    return names.prefix(maximumNames).joined(separator: ", ")
      + (more > 0 ? ", and \(more) more" : "")
  }
}
