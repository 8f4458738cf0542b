import Agents
import Foundation
import JSON
import TestSupport
import Testing

/// Starts supervised shell scripts in a test's scratch directory and looks at what is left of them.
struct WorkerBench {
  let scratch: Scratch

  /// The supervisor without the rest of orch.
  static let supervisor = BuiltProgram.path(of: "supervisor-fixture")

  /// Prepares a script as a worker, without starting it.
  func prepare(
    _ script: String, name: String = "run", change: (inout WorkerLaunch) -> Void = { _ in }
  ) throws -> WorkerMonitor {
    let monitor = WorkerMonitor(directory: scratch[name])
    var launch = WorkerLaunch(
      program: "/bin/bash", arguments: ["-c", script], environment: scratch.environment,
      directory: scratch.path, type: "script")
    launch.graceSeconds = 0
    change(&launch)
    try monitor.prepare(launch)
    return monitor
  }

  /// Starts the supervisor of a prepared worker.
  func start(_ monitor: WorkerMonitor) throws {
    try monitor.start(program: Self.supervisor, environment: scratch.environment)
  }

  /// Prepares and starts a script.
  func run(
    _ script: String, name: String = "run", change: (inout WorkerLaunch) -> Void = { _ in }
  ) throws -> WorkerMonitor {
    let monitor = try prepare(script, name: name, change: change)
    try start(monitor)
    return monitor
  }

  /// Waits for a worker's recorded end, and until no process of the test is left.
  func end(_ monitor: WorkerMonitor) async throws -> WorkerExit {
    var exit: WorkerExit?
    _ = await eventually {
      if case .finished(let found) = monitor.state() { exit = found }
      return exit != nil
    }
    if exit == nil { monitor.requestStop(.kill) }
    let found = try #require(exit, "the worker has no end: \(monitor.state())")
    await expectNothingLeft()
    return found
  }

  /// Expects that no process has to do with the test's scratch directory, soon.
  func expectNothingLeft() async {
    #expect(await eventually { processes().isEmpty }, "left over: \(processes())")
  }

  /// Processes that have the scratch directory in their environment, arguments, or as their folder.
  func processes() -> [String] {
    let mark = Data(scratch.path.utf8)
    let files = FileManager.default
    let numbers = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter {
      Int($0) != nil
    }
    return numbers.filter { number in
      let folder = try? files.destinationOfSymbolicLink(atPath: "/proc/\(number)/cwd")
      return ["environ", "cmdline"].contains {
        files.contents(atPath: "/proc/\(number)/\($0)")?.range(of: mark) != nil
      } || folder?.hasPrefix(scratch.path) == true
    }.map { number in
      let words = files.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      return "\(number) \(String(decoding: words, as: UTF8.self))"
    }
  }

  /// A number in a run's `supervisor.json`.
  func identity(_ field: String, name: String = "run") throws -> Int32 {
    let json = try JSONValue(parsing: scratch.read("\(name)/supervisor.json"))
    return try #require(json[field]?.int.flatMap { Int32(exactly: $0) })
  }

  /// Waits until a file of the scratch directory is there.
  func expectFile(_ name: String) async {
    #expect(await eventually { scratch.exists(name) }, "no file '\(name)'")
  }

  static func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

  func number(in file: String) throws -> Int32 {
    let text = try scratch.read(file).trimmingCharacters(in: .whitespacesAndNewlines)
    return try #require(Int32(text))
  }
}
