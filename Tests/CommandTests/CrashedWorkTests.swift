import Foundation
import JSON
import TestSupport
import Testing

/// Kills at every step, of orch or of what it started, where more than a task's own events is written.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Any step of work` {
  let scratch = Scratch.current
  /// More steps than any command here has.
  private static let maximumSteps = 400
  private static let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"
  /// Every so many steps are tried; all with ORCH_PROVE=1.
  private static let stride = isProof ? 1 : 5
  /// A sync goes on without notes that it could not fetch: it is tried at as many steps as it may have.
  private static let syncSteps = 60
  /// A whole run takes seconds.
  private static let strideOfRuns = isProof ? 1 : 23

  @discardableResult
  private func ok(_ directory: String, _ words: String...) throws -> String {
    let result = try scratch.run([BuiltProgram.orch] + words, in: directory)
    guard result.exitCode == 0 else { throw CommandFailure(command: words, result: result) }
    return result.output.trimmingCharacters(in: .newlines)
  }

  private func killed(_ words: [String], at step: Int, _ faults: FaultLibrary) throws -> Bool {
    let result = try scratch.run(
      [BuiltProgram.orch] + words, in: "repo",
      environment: faults.killing(at: step, below: scratch["repo/.git"], torn: step % 2 == 0))
    return result.exitCode != 0
  }

  private func lessons() throws -> Set<String> {
    let list = try JSONValue(parsing: ok("repo", "lesson", "list", "--json")).array ?? []
    return Set(list.compactMap { $0["text"]?.string })
  }

  @Test func `of a lesson may be its last, and what was acknowledged is told`() throws {
    _ = try Playground()
    try ok("repo", "init")
    let faults = try #require(try FaultLibrary(in: scratch))
    var acknowledged: Set<String> = []
    var kills = 0
    var isOver = false
    for step in Swift.stride(from: 1, through: Self.maximumSteps, by: Self.isProof ? 1 : 2) {
      let text = "Lesson that was cut off at \(step)"
      let wasKilled = try killed(["lesson", "add", text], at: step, faults)
      if wasKilled { kills += 1 } else { acknowledged.insert(text) }
      let next = "Lesson after \(step)"
      try ok("repo", "lesson", "add", next)
      acknowledged.insert(next)
      let found = try lessons()
      #expect(acknowledged.isSubset(of: found), "step \(step): \(acknowledged.subtracting(found))")
      isOver = !wasKilled
      if isOver { break }
    }
    #expect(isOver, "there are more steps than are tried")
    #expect(kills >= 3, "\(kills)")
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  /// Adds a line to the note of the first commit, as git does it.
  private func note(_ line: String, in directory: String) throws {
    let notes = "refs/notes/orchestrator"
    let old = try? scratch.git("notes", "--ref", notes, "show", "main", in: directory)
    let lines = ((old.map { [$0] } ?? []) + [line]).joined(separator: "\n")
    try scratch.git("notes", "--ref", notes, "add", "-f", "-m", lines, "main", in: directory)
  }

  private func noted(_ directory: String) throws -> Set<String> {
    let text = try scratch.git(
      "notes", "--ref", "refs/notes/orchestrator", "show", "main", in: directory)
    return Set(text.split(separator: "\n").map(String.init))
  }

  @Test func `of a join of notes may be its last, and no line is lost`() async throws {
    _ = try Playground()
    try ok("repo", "init")
    try ok("repo", "sync")
    try ok(".", "clone", scratch["origin.git"], "other", "--quiet")
    let faults = try #require(try FaultLibrary(in: scratch))
    var known: Set<String> = []
    var kills = 0
    var isOver = false
    for step in Swift.stride(from: 1, through: Self.maximumSteps, by: Self.stride) {
      for (directory, name) in [("other", "theirs"), ("repo", "ours")] {
        let line = #"{"\#(name)":\#(step)}"#
        try note(line, in: directory)
        known.insert(line)
      }
      try ok("other", "sync")
      let wasKilled = try killed(["sync"], at: step, faults)
      if wasKilled { kills += 1 }
      // A lock that a killed git has left is known for one after some seconds.
      let isSynced = try await eventually(within: 60) {
        try scratch.run([BuiltProgram.orch, "sync"], in: "repo").exitCode == 0
      }
      #expect(isSynced, "step \(step)")
      let found = try noted("repo")
      #expect(found == known, "step \(step): \(known.symmetricDifference(found))")
      try ok("other", "sync")
      #expect(try noted("other") == known, "step \(step)")
      isOver = !wasKilled && step > Self.syncSteps
      if isOver { break }
    }
    #expect(isOver, "there are more steps than are tried")
    #expect(kills >= 2, "\(kills)")
    for place in ["repo", "other", "origin.git"] {
      try scratch.git("fsck", "--strict", "--no-dangling", in: place)
    }
  }

  @Test(arguments: [false, true])
  func `of a run may be its last, and each task is merged once`(isShared: Bool) async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        echo "$ORCH_TASK_ID $ORCH_ATTEMPT" >> "$HOME/../runs"
        echo x > "file-$ORCH_TASK_ID"
        git add -A
        git commit -qm "$ORCH_TASK_TITLE"
        printf '{"status":"done","summary":"done"}' > "$ORCH_OUTPUT"
        """)
    try play.ok("init")
    // From then on each task is claimed at the remote before it is begun.
    if isShared { try play.ok("sync") }
    let faults = try #require(try FaultLibrary(in: scratch))
    var kills = 0
    var isOver = false
    for step in Swift.stride(from: 2, through: Self.maximumSteps, by: Self.strideOfRuns) {
      try play.ok("task", "add", "Killed at \(step)", "--quiet")
      let wasKilled = try killed(["run", "--until-idle"], at: step, faults)
      if wasKilled { kills += 1 }
      var last = ""
      let isDone = try await eventually(within: 60) {
        let run = try play.orch("run", "--until-idle")
        last = run.errorOutput + run.output
        return try run.exitCode == 0 && play.tasks().allSatisfy { $0["status"] == "done" }
      }
      let newest = try play.tasks().last?.indentedText ?? ""
      #expect(isDone, "step \(step): \(last)\n\(newest)")
      isOver = !wasKilled
      if !isDone || isOver { break }
    }
    #expect(isOver, "there are more steps than are tried")
    #expect(kills >= 2, "\(kills)")
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "an attempt ran twice: \(runs)")
    let merged = try scratch.git(
      "log", "--merges", "--format=%(trailers:key=Orch-Task,valueonly,separator=)", "main",
      in: "origin.git"
    ).split(separator: "\n")
    #expect(try Set(merged).count == merged.count && merged.count == play.tasks().count)
    #expect(try play.leftovers() == [])
    let claims = try scratch.git("for-each-ref", "refs/orch/claims", in: "origin.git")
    #expect(claims.isEmpty != isShared)
    for place in ["repo", "origin.git"] {
      try scratch.git("fsck", "--strict", "--no-dangling", in: place)
    }
  }
}
