import Agents
import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Commands of the configuration` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  private func run(
    _ command: String, seconds: Int = 30, lock: ResourceLock? = nil
  ) async throws -> ShellResult {
    let result = try await ShellCommand.run(
      command, in: scratch.path, environment: scratch.environment, timeoutSeconds: seconds,
      lock: lock)
    await bench.expectNothingLeft()
    return result
  }

  @Test func `code, both streams, folder and environment`() async throws {
    let result = try await run("echo out; echo err >&2; pwd; echo $HOME; cat; exit 3")
    #expect(result.exitCode == 3)
    #expect(result.output == "out\nerr\n\(scratch.path)\n\(scratch["home"])\n")
    #expect(!result.timedOut)
    #expect(result.leftovers == 0)
  }

  @Test func `a signal is no code`() async throws {
    let result = try await run("kill -KILL $$")
    #expect(result.exitCode == nil)
    #expect(result.signal == 9)
  }

  @Test func `its time is up, and nothing of it is left`() async throws {
    let result = try await run(
      "setsid sleep 300 & (trap '' TERM INT; sleep 301) & echo said; wait", seconds: 1)
    #expect(result.timedOut)
    #expect(result.exitCode == nil)
    #expect(result.output == "said\n")
    #expect(result.leftovers >= 1)
  }

  @Test func `a daemon that keeps the output open holds nobody up`() async throws {
    let result = try await run("(setsid sleep 300 &); echo done", seconds: 3600)
    #expect(result.exitCode == 0)
    #expect(result.output == "done\n")
    #expect(result.leftovers == 1)
  }

  @Test func `of much output the first and the last part are kept`() async throws {
    let result = try await run(
      "echo first; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo last")
    #expect(result.output.hasPrefix("first\nxxx"))
    #expect(result.output.hasSuffix("xxx\nlast\n"))
    #expect(result.output.contains("bytes left out"))
    #expect(result.output.utf8.count < 3 * ShellCommand.maximumOutputBytes)
  }

  @Test func `as much as is kept is kept whole`() async throws {
    let count = 2 * ShellCommand.maximumOutputBytes
    let result = try await run("head -c \(count) /dev/zero | tr '\\0' x")
    #expect(result.output == String(repeating: "x", count: count))
  }

  @Test func `cancelling ends it`() async throws {
    let task = Task {
      try await ShellCommand.run(
        "touch up; exec sleep 300", in: scratch.path, environment: scratch.environment,
        timeoutSeconds: 3600)
    }
    await bench.expectFile("up")
    task.cancel()
    let result = try await task.value
    #expect(result.wasCancelled)
    #expect(!result.timedOut)
    #expect(result.exitCode == nil)
    await bench.expectNothingLeft()
  }

  @Test func `cancelling ends the wait for a lock`() async throws {
    let lock = try #require(ResourceLock("build", in: scratch["locks"]))
    let holder = Task {
      try await ShellCommand.run(
        "touch held; exec sleep 300", in: scratch.path, environment: scratch.environment,
        timeoutSeconds: 3600, lock: lock)
    }
    await bench.expectFile("held")
    let waiter = Task {
      try await ShellCommand.run(
        "touch never", in: scratch.path, environment: scratch.environment, timeoutSeconds: 3600,
        lock: lock)
    }
    waiter.cancel()
    await #expect(throws: AgentError.self) { try await waiter.value }
    holder.cancel()
    _ = try await holder.value
    #expect(!scratch.exists("never"))
    await bench.expectNothingLeft()
  }

  @Test func `under one lock commands run one after the other, and waiting is free`() async throws {
    let lock = try #require(ResourceLock("build", in: scratch["locks"]))
    try await withThrowingTaskGroup { group in
      for _ in 0..<6 {
        group.addTask {
          try await ShellCommand.run(
            "mkdir inside && sleep 0.25 && rmdir inside", in: Scratch.current.path,
            environment: Scratch.current.environment, timeoutSeconds: 1, lock: lock)
        }
      }
      for try await result in group { #expect(result.exitCode == 0, "\(result)") }
    }
    await bench.expectNothingLeft()
  }

  @Test func `a folder that is gone is named`() async throws {
    await #expect(throws: AgentError.file(path: scratch["gone"], number: ENOENT)) {
      try await ShellCommand.run(
        "true", in: scratch["gone"], environment: [:], timeoutSeconds: 5)
    }
  }
}
