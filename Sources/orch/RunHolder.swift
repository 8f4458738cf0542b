internal import CPlatform
internal import Engine
internal import Git2
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The orchestrator that runs in a repository, as the file of its lock describes it.
///
/// Whether one runs is what the lock says, which the kernel gives up with the process; the description may be that
/// of an earlier one for the instant between taking the lock and writing.
struct RunHolder: Sendable, Hashable {
  /// The process.
  var process: Int
  /// The machine, by its name in the state.
  var host: String
  /// Since when, in milliseconds since 1970.
  var since: Int
  /// The file with what it says; nil for one in a terminal.
  var log: String?
  /// The options that it was begun with.
  var words: [String] = []

  /// Who it is, in a line.
  var sentence: String {
    "orch run, process \(process) on \(host), since \(Timestamp.text(since))"
  }

  /// The content of the lock's file: a line for people, and one for programs.
  var text: String { sentence + "\n" + json.canonicalText + "\n" }

  /// The form in the file.
  private var json: JSONValue {
    JSONValue.compact([
      "process": .number(process), "host": .string(host), "since": .number(since),
      "log": log.map(JSONValue.string), "options": words.isEmpty ? nil : .texts(words),
    ])
  }

  /// The form in `orch status --json`.
  var shown: JSONValue {
    JSONValue.compact([
      "process": .number(process), "host": .string(host),
      "since": .string(Timestamp.text(since)), "log": log.map(JSONValue.string),
      "options": words.isEmpty ? nil : .texts(words),
    ])
  }
}

extension RunHolder {
  /// Reads the content of the lock's file; nil if it is not one.
  init?(text: String) {
    let lines = text.split(separator: "\n")
    guard lines.count > 1, let json = try? JSONValue(parsing: String(lines[1])),
      let process = json["process"]?.int, let since = json["since"]?.int
    else { return nil }
    self.init(
      process: process, host: json["host"]?.string ?? "", since: since,
      log: json["log"]?.string, words: json["options"]?.strings ?? [])
  }

  /// The lock of a repository's one orchestrator.
  static func lockPath(_ commonDirectory: String) -> String { commonDirectory + "/orch/run.lock" }

  /// What the file of the lock says, whether anybody holds it or not.
  static func last(_ commonDirectory: String) -> RunHolder? {
    (try? TextFile.read(lockPath(commonDirectory))).flatMap { RunHolder(text: $0) }
  }

  /// True while an orchestrator runs in a repository.
  ///
  /// Whoever looks holds a share of the lock for an instant: who takes it tries for longer than that.
  static func isHeld(_ commonDirectory: String) -> Bool {
    let descriptor = orch_open(lockPath(commonDirectory), O_RDWR, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return orch_flock_shared(descriptor, false) == EWOULDBLOCK
  }

  /// The orchestrator that runs in a repository; nil if none does, or if it is one that describes itself otherwise.
  static func running(_ commonDirectory: String) -> RunHolder? {
    isHeld(commonDirectory) ? last(commonDirectory) : nil
  }
}

/// What `orch status` says of the orchestrator itself.
enum RunNotice {
  /// A line about the orchestrator that runs in the background here; nil if none does.
  static func line(near folder: String) -> String? {
    guard let location = RepositoryLocation(near: folder),
      let holder = RunHolder.running(location.commonDirectory), let log = holder.log
    else { return nil }
    return "orch runs in the background since \(Timestamp.text(holder.since)), log \(log)"
  }

  /// The orchestrator that runs here, for programs; null if none does.
  static func json(near folder: String) -> JSONValue {
    RepositoryLocation(near: folder).flatMap { RunHolder.running($0.commonDirectory) }?.shown
      ?? .null
  }
}
