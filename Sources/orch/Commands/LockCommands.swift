internal import Agents
internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import JSON
internal import Settings

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// `orch lock …`: heavy work of all worktrees, one at a time.
struct LockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Take turns with heavy work, across all worktrees.",
    subcommands: [LockRunCommand.self, LockStatusCommand.self, LockClearCommand.self])

  /// What is said of a place whose process is gone.
  static func staleLine(_ lock: String, _ gone: LockHolder) -> String {
    let task = gone.task.map { " for task \($0.prefix(6))" } ?? ""
    return
      "the lock '\(lock)' was left by process \(gone.process)\(task), which is gone: \(gone.command)"
  }

  /// The folder of the repository's locks.
  static func folder(_ session: Session) -> String { session.commonDirectory + "/orch/locks" }
}

/// The command `orch lock run`.
struct LockRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command when it is its turn; its exit code is the result.",
    discussion: """
      orch lock run -- make test
      orch lock run gpu --timeout 600 -- ./train

      A worker's waiting is not charged to its time. A command that already runs under the lock does
      not wait for itself.
      """)

  @Option(help: "How long to wait for the turn, in seconds; without it, as long as it takes.")
  var timeout: Int?
  @OptionGroup var global: GlobalOptions
  @Argument(parsing: .captureForPassthrough, help: "[NAME] -- COMMAND...") var words: [String] = []

  func run() throws {
    let (name, command, seconds, options) = try split()
    var environment = Environment.all
    var held = (environment[ResourceLock.heldVariable] ?? "").split(separator: "\n").map(
      String.init)
    let directory = options.directory ?? "."
    let session: Session
    do { session = try Session(options) } catch {
      // Outside of every repository, the lock of that name that is held is the one that is meant.
      guard held.contains(where: { $0.hasSuffix("/" + name) }) else { throw error }
      throw ExitCode(
        try ForegroundCommand.run(command, in: directory, environment: environment))
    }
    guard
      let lock = ResourceLock(
        name, capacity: Self.capacity(name, session), in: LockCommand.folder(session))
    else { throw ValidationError("'\(name)' is not a lock's name: letters, digits, '.', '_', '-'") }
    // The same name in another repository is another lock.
    if held.contains(lock.folder) {
      throw ExitCode(
        try ForegroundCommand.run(command, in: directory, environment: environment))
    }
    let ticket = try take(lock, command, seconds, options)
    held.append(lock.folder)
    environment[ResourceLock.heldVariable] = held.joined(separator: "\n")
    let code = try ForegroundCommand.run(command, in: directory, environment: environment)
    ticket.release()
    throw ExitCode(code)
  }

  /// How many may hold a lock: a sandboxed worker cannot see the configuration and is told.
  private static func capacity(_ name: String, _ session: Session) -> Int {
    guard let told = Environment.value("ORCH_LOCK_CAPACITIES") else {
      return session.settings.capacity(ofLock: name)
    }
    return told.split(separator: ",").first { $0.hasPrefix(name + "=") }
      .flatMap { Int($0.dropFirst(name.count + 1)) } ?? 1
  }

  private func take(
    _ lock: ResourceLock, _ command: [String], _ seconds: Int?, _ options: GlobalOptions
  ) throws -> LockTicket {
    let hold = Environment.value(ClockHold.runDirectoryVariable).flatMap {
      ClockHold(runDirectory: $0)
    }
    let holder = LockHolder(
      command: command.joined(separator: " "), task: Environment.value("ORCH_TASK_ID"))
    let ticket = try lock.take(
      holder, milliseconds: seconds.map { Int64($0) * 1000 },
      onStale: { gone in
        if !options.quiet { Output.say(LockCommand.staleLine(lock.name, gone)) }
      },
      onWait: { place in
        if !options.quiet { Output.say("waiting for the lock '\(lock.name)': \(place) in line") }
      })
    _ = consume hold
    guard let ticket else {
      throw CommandError(
        "the lock '\(lock.name)' was not free within \(seconds ?? 0) seconds",
        hints: ["see who has it with 'orch lock status'"], code: .busy)
    }
    return ticket
  }

  /// The lock's name, the command, how long to wait in seconds, and orch's own flags.
  ///
  /// What comes behind the first word is the command's and reaches this untouched, so that an option which
  /// stands between the name and `--` is read here.
  private func split() throws -> (String, [String], Int?, GlobalOptions) {
    // Captured like everything else before the command.
    if words.prefix(while: { $0 != "--" }).contains(where: { ["--help", "-h"].contains($0) }) {
      throw CleanExit.helpRequest(self)
    }
    guard let end = words.firstIndex(of: "--") else {
      throw ValidationError("say what to run after '--': orch lock run [NAME] -- COMMAND...")
    }
    let command = Array(words[words.index(after: end)...])
    guard !command.isEmpty else { throw ValidationError("there is no command after '--'") }
    var seconds = timeout.map(String.init)
    var options = global
    var names: [String] = []
    var before = words[..<end]
    while let word = before.popFirst() {
      switch word {
      case "--timeout": seconds = before.popFirst() ?? ""
      case "-q", "--quiet": options.quiet = true
      case let word where word.hasPrefix("--timeout="):
        seconds = String(word.dropFirst("--timeout=".count))
      default: names.append(word)
      }
    }
    guard names.count <= 1, names.first?.hasPrefix("-") != true else {
      throw ValidationError("only a lock's name and '--timeout SECONDS' may stand before '--'")
    }
    let limit = try seconds.map { text in
      guard let number = Int(text), (0...Self.maximumTimeout).contains(number) else {
        throw ValidationError("'\(text)' is no number of seconds to wait")
      }
      return number
    }
    return (names.first ?? "build", command, limit, options)
  }

  /// The longest wait that can be asked for, in seconds: a year.
  private static let maximumTimeout = 31_536_000
}

/// The command `orch lock status`.
struct LockStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show who holds each lock and who waits.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let folder = LockCommand.folder(session)
    var rows: [(lock: String, place: LockPlace)] = []
    for name in ResourceLock.names(in: folder) {
      let capacity = session.settings.capacity(ofLock: name)
      guard let lock = ResourceLock(name, capacity: capacity, in: folder) else { continue }
      let (places, gone) = try lock.look()
      rows += places.map { (name, $0) }
      if !global.quiet { for holder in gone { Output.say(LockCommand.staleLine(name, holder)) } }
    }
    if global.json { return Output.print(.array(rows.map(json))) }
    guard !rows.isEmpty else { return Output.say("no lock is held") }
    let now = Session.clock()
    Output.print(
      TextTable.lines(
        rows.map { name, place in
          let since = place.holder.heldSince ?? place.holder.waitingSince
          return [
            name, place.isHeld ? "held" : "waits", Timestamp.duration(max(0, now - since)),
            String(place.holder.process), place.holder.task.map { String($0.prefix(6)) } ?? "-",
            place.holder.command,
          ]
        }))
  }

  private func json(_ row: (lock: String, place: LockPlace)) -> JSONValue {
    var members = row.place.holder.json.object ?? [:]
    members["lock"] = .string(row.lock)
    members["state"] = row.place.isHeld ? "held" : "waiting"
    return .object(members)
  }
}

/// The command `orch lock clear`.
struct LockClearCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear",
    abstract: "Remove what dead processes left in the queues; living ones keep their places.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let folder = LockCommand.folder(session)
    var places: [LockPlace] = []
    for name in ResourceLock.names(in: folder) {
      guard let (living, gone) = try ResourceLock(name, in: folder)?.look() else { continue }
      places += living
      if !global.quiet { for holder in gone { Output.say(LockCommand.staleLine(name, holder)) } }
    }
    if !global.quiet {
      Output.say(
        places.isEmpty
          ? "every lock is free"
          : "\(places.count) living processes keep their places; see 'orch lock status'")
    }
  }
}
