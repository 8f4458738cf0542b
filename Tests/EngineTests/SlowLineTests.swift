import Engine
import Foundation
import Git2
import GitCLI
import GitState
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A slow line to the remote` {
  let scratch = Scratch.current

  @Test func `gets more time after each transfer that was cut off`() async throws {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository()
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    var random = SeededRandom(seed: 5)
    let state = try StateStore(
      at: scratch["repo"], hostName: "test",
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
      clock: { 1_800_000_000_000 }, using: &random)
    try await state.initialise()
    let quick = GitProgram(directory: scratch["repo"], environment: scratch.environment)
    _ = try await StateSync(state: state, git: quick, remote: "origin").run()
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write(
      "bin/git",
      """
      #!/bin/sh
      case " $* " in *" push "*) sleep 3 ;; esac
      exec "\(git)" "$@"

      """)
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    var environment = scratch.environment
    environment["PATH"] = scratch["bin"] + ":" + (environment["PATH"] ?? "")
    _ = try await TaskStore(state).add(
      NewTask(title: "more"), id: RecordID.random(using: &random), author: "test", now: 0)
    let slow = GitProgram(
      directory: scratch["repo"], environment: environment, transferSeconds: 1)
    let sync = StateSync(state: state, git: slow, remote: "origin")
    var failures = 0
    for _ in 0..<6 {
      do {
        _ = try await sync.run()
        break
      } catch GitCommandError.timedOut {
        failures += 1
      }
    }
    #expect((1...5).contains(failures))
    let there = try scratch.git("rev-parse", "refs/orch/state", in: "origin.git")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == there)
  }
}
