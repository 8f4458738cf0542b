internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch blame`.
struct BlameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Show which task, agent, model and cost stand behind the lines of a file.")

  @Argument(help: "A file, FILE:LINE, or FILE:FIRST-LAST.") var place: String
  @Option(help: "The commit to look at; the checkout's HEAD unless given.") var rev: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let commit = try await wantedCommit()
    let (name, wanted) = Self.split(place)
    let (path, found) = try spans(of: name, wanted, at: commit)
    guard let rows = found else { throw try await absence(of: path, session) }
    if let wanted, rows.isEmpty {
      throw CommandError("'\(path)' has no line \(wanted.lowerBound)")
    }
    if global.json { return Output.print(.array(rows.map(\.json))) }
    if !rows.isEmpty { Output.print(TextTable.lines(rows.map(\.cells))) }
  }

  /// The path of what is named, and its lines; no lines if the commit does not have it.
  private func spans(
    of name: String, _ wanted: Range<Int>?, at commit: ObjectID?
  ) throws -> (path: String, rows: [Row]?) {
    // The checkout that one stands in, also where it is a linked worktree.
    let repository = try Repository(at: global.folder)
    let path = Self.path(of: name, from: global.folder, in: repository.workDirectory)
    guard let all = try blame(path, at: commit, in: repository) else { return (path, nil) }
    var rows: [Row] = []
    for run in all {
      let lines = run.firstLine..<run.firstLine + run.lineCount
      let shown = wanted.map { lines.clamped(to: $0) } ?? lines
      if !shown.isEmpty {
        rows.append(try row(Span(lines: shown, commit: run.commit), in: repository))
      }
    }
    return (path, rows)
  }

  /// The commit that `--rev` names; nil without it.
  private func wantedCommit() async throws -> ObjectID? {
    guard let rev else { return nil }
    let git = GitProgram(directory: global.folder, environment: Environment.all)
    let found = try await git.run(
      ["rev-parse", "--verify", "--quiet", "\(rev)^{commit}"],
      accepting: [1, 128])
    guard let commit = ObjectID(hex: found.text.split(separator: "\n").first ?? "") else {
      throw CommandError("'\(rev)' is no commit of this repository")
    }
    return commit
  }

  /// Lines that one commit last changed.
  private struct Span {
    let lines: Range<Int>
    let commit: ObjectID
  }

  /// Who changed the lines of a file; nil if the commit does not have it.
  private func blame(
    _ path: String, at commit: ObjectID?, in repository: borrowing Repository
  ) throws -> [BlameRun]? {
    do {
      return try repository.blame(path, at: commit)
    } catch {
      switch error.code {
      case .notFound: return nil
      case .invalidName: throw CommandError("'\(path)' is a folder: name a file in it")
      default: throw error
      }
    }
  }

  /// A file that the checkout does not have: merged work is on the remote's base before anybody has pulled it.
  private func absence(of path: String, _ session: Session) async throws -> CommandError {
    if let rev { return CommandError("'\(rev)' has no file '\(path)'") }
    let branches = try await session.git.run([
      "for-each-ref", "--format=%(refname:short)", "refs/remotes",
    ])
    for branch in branches.text.split(separator: "\n").prefix(50) where !branch.contains("/orch/") {
      let place = "\(branch):\(path)"
      let found = try await session.git.run(["cat-file", "-e", place], accepting: [1, 128])
      guard found.exitCode == 0 else { continue }
      return CommandError(
        "the commit that is checked out has no file '\(path)'",
        hints: ["'\(branch)' has it: run 'git pull', or add '--rev \(branch)'"])
    }
    return CommandError("the commit that is checked out has no file '\(path)'")
  }

  private struct Row {
    let cells: [String]
    let json: JSONValue
  }

  private func row(
    _ run: Span, in repository: borrowing Repository
  ) throws -> Row {
    let commit = try repository.commit(run.commit)
    let note = try Notes.read(run.commit, from: RefLayout.notes, in: repository)
    let facts = note.flatMap { $0.split(separator: "\n").last }.flatMap {
      try? JSONValue(parsing: String($0))
    }
    let (first, last) = (run.lines.lowerBound, run.lines.upperBound - 1)
    let lines = first == last ? "\(first)" : "\(first)-\(last)"
    var cells = [lines, run.commit.short()]
    if let facts {
      let model = facts["model"]?.string.map { "/\($0)" } ?? ""
      let cost = facts["cost_usd"]?.double.map { " $\(Budget.text($0))" } ?? ""
      let task = facts["task"]?.string?.prefix(6) ?? "?"
      cells.append("\(task) attempt \(facts["attempt"]?.int ?? 0)")
      cells.append("\(facts["agent"]?.string ?? "?")\(model)\(cost)")
      cells.append(facts["title"]?.string ?? commit.subject)
    } else {
      cells += ["-", commit.author.name, commit.subject]
    }
    return Row(
      cells: cells,
      json: JSONValue.compact([
        "first_line": .number(first), "last_line": .number(last),
        "commit": .string(run.commit.hex), "subject": .string(commit.subject),
        "author": .string(commit.author.name), "provenance": facts,
      ]))
  }

  /// Splits `FILE:LINE` and `FILE:FIRST-LAST`; a colon that no such numbers follow belongs to the file's name.
  private static func split(_ place: String) -> (path: String, lines: Range<Int>?) {
    guard let colon = place.lastIndex(of: ":") else { return (place, nil) }
    let words = place[place.index(after: colon)...].split(
      separator: "-", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count, numbers.count <= 2, let first = numbers.first,
      let last = numbers.last, first > 0, last >= first, last < .max
    else { return (place, nil) }
    return (String(place[..<colon]), first..<last + 1)
  }

  /// The path from the top of the checkout of what is named in `folder`, as git takes it.
  private static func path(of place: String, from folder: String, in top: String?) -> String {
    guard let top = top.map(FilePath.resolved) else { return place }
    let named = place.hasPrefix("/") ? place : FilePath.resolved(folder) + "/" + place
    let parts = FilePath.parts(of: named)
    let above = FilePath.parts(of: top)
    guard parts.count > above.count, parts.starts(with: above) else { return place }
    return parts.dropFirst(above.count).joined(separator: "/")
  }
}
