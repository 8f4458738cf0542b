import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Work that is kept while it is done`
{
  let scratch = Scratch.current

  /// Commits a file, leaves another uncommitted, writes no checkpoint; goes on only on the second machine.
  private static let silent = """
    cat > /dev/null
    case "$HOME" in
    */one/home)
      echo "committed part" > first.txt
      git add first.txt
      git commit -qm "First part"
      echo "half of the work" > work.txt
      sleep 600 ;;
    *)
      grep -q "committed part" first.txt
      grep -q "half of the work" work.txt
      echo "the other half" >> work.txt
      git add work.txt
      git commit -qm "Second part"
      printf '{"status":"done","summary":"both halves"}' > "$ORCH_OUTPUT" ;;
    esac
    """

  @Test func `is there after a sudden end, although its worker never wrote a checkpoint`()
    async throws
  {
    let machines = try Machines(agent: Self.silent)
    let first = machines.all[0]
    try first.configure("checkpoint_seconds: 1")
    try first.ok("task", "add", "Two halves", "--quiet")
    let run = try first.start("run")
    let isSafe = await eventually(within: 90) { (try? Self.holdsBoth(scratch)) == true }
    #expect(isSafe, "\(first.log)")
    first.die(run)
    try machines.all[1].ok("run", "--until-idle")
    let task = try #require(machines.all[1].tasks().first)
    let outcomes = (task["attempts"]?.array ?? []).compactMap { $0["outcome"]?.string }
    #expect(outcomes == ["interrupted", "succeeded"], "\(task.indentedText)")
    try first.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    let work = try scratch.git("show", "main:work.txt", in: "origin.git")
    #expect(work == "half of the work\nthe other half")
  }

  /// True if the remote has the work in progress with both files.
  private static func holdsBoth(_ scratch: Scratch) throws -> Bool {
    let names = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch/wip", in: "origin.git")
    guard let name = names.split(separator: "\n").first.map(String.init) else { return false }
    let files = try scratch.git("ls-tree", "--name-only", name, in: "origin.git")
      .split(separator: "\n")
    return files.contains("first.txt") && files.contains("work.txt")
  }

  @Test func `with a secret in its checkpoint is recorded once, not with every look`() async throws
  {
    let agent = """
      cat > /dev/null
      printf 'stands at ghp_%s\\n' 0123456789abcdefghijklmnopqrstuvwxyzABCD \\
        > "$ORCH_STATE_DIR/checkpoint.md"
      touch "$HOME/../written"
      while [ ! -e "$HOME/../go" ]; do sleep 0.1; done
      echo x > file.txt
      git add -A
      git commit -qm x
      printf '{"status":"done","summary":"done"}' > "$ORCH_OUTPUT"
      """
    let machine = try Machines(["one"], agent: agent).all[0]
    let id = try machine.ok("task", "add", "Secret", "--quiet")
    let run = try machine.start("run", "--until-idle")
    let isRecorded = await eventually(within: 60) {
      (try? Self.checkpoints(machine, id)) ?? 0 > 0
    }
    #expect(isRecorded, "\(machine.log)")
    // Each of these writes makes the run look again.
    for number in 1...5 {
      try machine.ok("task", "edit", id, "--label", "label\(number)", "--quiet")
      _ = await eventually(within: 1.5) { false }
    }
    try scratch.write("one/go", "")
    run.waitUntilExit()
    #expect(try Self.checkpoints(machine, id) == 1)
    let stored = try scratch.git(
      "grep", "-c", "stands at", "refs/orch/state", "--", "tasks", in: machine.repository)
    #expect(!stored.isEmpty)
    let leaked = try scratch.run(
      ["git", "grep", "0123456789abcdefghij", "refs/orch/state"], in: machine.repository)
    #expect(leaked.output == "")
  }

  private static func checkpoints(_ machine: Machine, _ id: String) throws -> Int {
    let log = try machine.scratch.git(
      "log", "--format=%s", "refs/orch/state", in: machine.repository)
    return log.split(separator: "\n").count {
      $0.contains("progress") && $0.contains(id.prefix(6))
    }
  }
}
