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

  /// Parts of tokens; together with their prefix they look like ones.
  private static let published = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
  private static let fresh = "DCBAzyxwvutsrqponmlkjihgfedcba9876543210"

  /// Leaves secrets in files that git does not know, and goes on without them on the second machine.
  private static let careless = """
    cat > /dev/null
    case "$HOME" in
    */one/home)
      printf 'TOKEN=ghp_%s\\n' \(fresh) > .env
      printf 'ghp_%s\\0' \(fresh) > blob.bin
      printf 'new: ghp_%s\\n' \(fresh) >> fixture.txt
      echo "half of the work" > work.txt
      sleep 600 ;;
    *)
      cp .env fixture.txt "$HOME/.."
      ls -A > "$HOME/../listing"
      rm .env
      git checkout -q fixture.txt
      git add work.txt
      git commit -qm "Work"
      printf '{"status":"done","summary":"both halves"}' > "$ORCH_OUTPUT" ;;
    esac
    """

  @Test func `goes out without the secrets in it, and keeps them here`() async throws {
    let fixture = "old: ghp_\(Self.published)\n"
    let machines = try Machines(
      agent: Self.careless, files: ["README.md": "hello\n", "fixture.txt": fixture])
    let (first, second) = (machines.all[0], machines.all[1])
    try first.configure("checkpoint_seconds: 1")
    try first.ok("task", "add", "Careless", "--quiet")
    let run = try first.start("run")
    let isSafe = await eventually(within: 90) { (try? keptWork("origin.git")) ?? nil != nil }
    #expect(isSafe, "\(first.log)")
    first.die(run)
    let name = try #require(try keptWork(first.repository))
    let here = try scratch.git("show", "\(name):.env", in: first.repository)
    #expect(here.contains(Self.fresh))
    try expectNothingLeaked()
    try second.ok("run", "--until-idle")
    let environment = try scratch.read("two/.env")
    #expect(environment.contains("[redacted:") && !environment.contains(Self.fresh))
    // What the branch has published already is as it was: the work goes on with the same files.
    let lines = try scratch.read("two/fixture.txt")
    #expect(lines.hasPrefix(fixture) && lines.contains("new: [redacted:"), "\(lines)")
    let listing = try scratch.read("two/listing").split(separator: "\n")
    #expect(listing.contains("work.txt") && !listing.contains("blob.bin"))
    try first.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    try expectNothingLeaked()
    #expect(try scratch.git("show", "\(name):.env", in: first.repository).contains(Self.fresh))
  }

  /// The reference of work in progress that has the agent's last file; nil if there is none.
  private func keptWork(_ place: String) throws -> String? {
    let names = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch/wip", in: place)
    return try names.split(separator: "\n").map(String.init).first { name in
      try scratch.git("ls-tree", "--name-only", name, in: place).contains("work.txt")
    }
  }

  /// No object at the remote, whatever leads to it, has the secret in it.
  private func expectNothingLeaked() throws {
    let objects = try scratch.run(
      ["git", "cat-file", "--batch-all-objects", "--batch"], in: "origin.git")
    #expect(objects.output.contains(Self.published) && !objects.output.contains(Self.fresh))
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
    run.waitForEnd()
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
