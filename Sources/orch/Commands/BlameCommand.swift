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

  @Argument(help: "A file, or a file and a line: FILE:LINE.") var place: String
  @Option(help: "The commit to look at; the checkout's HEAD unless given.") var rev: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let (path, line) = Self.split(place)
    let repository = try Repository(at: global.directory ?? session.repository)
    var commit: ObjectID?
    if let rev {
      let text = try await session.git.run(["rev-parse", "--verify", "--quiet", "\(rev)^{commit}"])
        .text
      commit = ObjectID(hex: text.split(separator: "\n").first ?? "")
    }
    guard let all = try blame(path, at: commit, in: repository) else {
      throw try await absence(of: path, session)
    }
    let runs = all.filter { run in
      line.map { $0 >= run.firstLine && $0 < run.firstLine + run.lineCount } ?? true
    }
    guard !runs.isEmpty else {
      throw CommandError("'\(path)' has no line \(line ?? 1)")
    }
    let rows = try runs.map { try row($0, line, in: repository) }
    if global.json { return Output.print(.array(rows.map(\.json))) }
    Output.print(TextTable.lines(rows.map(\.cells)))
  }

  /// Who changed the lines of a file; nil if the commit does not have it.
  private func blame(
    _ path: String, at commit: ObjectID?, in repository: borrowing Repository
  ) throws -> [BlameRun]? {
    do {
      return try repository.blame(path, at: commit)
    } catch  where error.code == .notFound {
      return nil
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
    _ run: BlameRun, _ line: Int?, in repository: borrowing Repository
  ) throws -> Row {
    let commit = try repository.commit(run.commit)
    let note = try Notes.read(run.commit, from: RefLayout.notes, in: repository)
    let facts = note.flatMap { $0.split(separator: "\n").last }.flatMap {
      try? JSONValue(parsing: String($0))
    }
    let first = line ?? run.firstLine
    let last = line ?? run.firstLine + run.lineCount - 1
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

  /// Splits `FILE:LINE`; a colon that no number follows belongs to the file's name.
  private static func split(_ place: String) -> (path: String, line: Int?) {
    guard let colon = place.lastIndex(of: ":"), let line = Int(place[place.index(after: colon)...]),
      line > 0
    else { return (place, nil) }
    return (String(place[..<colon]), line)
  }
}
