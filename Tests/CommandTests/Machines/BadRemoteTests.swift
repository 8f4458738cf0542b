import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A remote that does not do its part` {
  let scratch = Scratch.current

  private func hook(_ name: String, _ body: String) throws {
    try scratch.write("origin.git/hooks/\(name)", "#!/bin/sh\n\(body)\n")
    _ = try scratch.run(["chmod", "+x", scratch["origin.git/hooks/\(name)"]])
  }

  /// Our own side is as it was, and the report says what to do.
  private func expectRefused(
    _ machine: Machine, _ arguments: [String] = ["sync"], saying words: String
  ) throws {
    let before = try machine.tip()
    let result = try machine.orch(arguments)
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.errorOutput.contains(words), "\(result)")
    #expect(result.errorOutput.contains("hint: "), "\(result)")
    let after = try machine.tip()
    #expect(before == after)
    try machine.ok("task", "add", "Goes on", "--quiet")
    try scratch.git("fsck", "--strict", "--no-dangling", in: machine.repository)
  }

  @Test func `because it protects the namespace is reported, not asked for ever`() throws {
    let machine = try Machines(["one"]).all[0]
    try scratch.git("config", "receive.hideRefs", "refs/orch/", in: "origin.git")
    try machine.ok("task", "add", "Mine", "--quiet")
    try expectRefused(machine, saying: "does not take the state")
  }

  @Test(arguments: ["pre-receive", "update"])
  func `because a hook, a quota or a lack of rights stops the push is reported`(name: String) throws
  {
    let machine = try Machines(["one"]).all[0]
    try hook(name, "echo 'quota exceeded' >&2; exit 1")
    try machine.ok("task", "add", "Mine", "--quiet")
    try expectRefused(machine, saying: "does not take the state")
  }

  /// A sync tells once that the remote had lost something, and brings it back.
  private func expectSaid(by machine: Machine) throws {
    let first = try machine.orch(["sync"])
    #expect(first.exitCode == 0 && first.errorOutput.contains("had lost a part of the state"))
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == machine.tip())
    #expect(try machine.orch(["sync"]).errorOutput == "")
  }

  @Test func `because it refuses work in progress gets the state, and the work once it is done`()
    async throws
  {
    let machines = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        echo draft > draft.txt
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        rm draft.txt
        echo done > file.txt
        git add -A
        git commit -qm done
        """)
    let machine = machines.all[0]
    try machine.configure("checkpoint_seconds: 1")
    // A server takes nothing of what comes together with what it does not want.
    try hook(
      "pre-receive",
      """
      while read -r old new name; do
        case $name in refs/orch/wip/*) exit 1 ;; esac
      done
      """)
    try machine.ok("task", "add", "Large", "--quiet")
    let run = try machine.start("run", "--until-idle")
    let isSaid = await eventually(within: 90) { machine.log.contains("stays on this machine") }
    #expect(isSaid, "\(machine.log)")
    let isTold = await eventually(within: 60) {
      (try? scratch.git("log", "--format=%s", "refs/orch/state", in: "origin.git"))?
        .contains("started") == true
    }
    #expect(isTold, "\(machine.log)")
    try scratch.write("one/go", "")
    run.waitForEnd()
    #expect(run.terminationStatus == 0, "\(machine.log)")
    try machines.expectAllMergedOnce(1)
  }

  @Test func `because it takes claims and work, and the state no more, ends a run with an end`()
    async throws
  {
    let machines = try Machines(
      ["one"], agent: "cat > /dev/null\ntouch \"$HOME/../worked\"\n" + Machines.commits,
      settings: "forge:\n  outage_seconds: 3")
    let machine = machines.all[0]
    try hook("update", "[ \"$1\" != refs/orch/state ] || [ ! -e '\(scratch["one/worked"])' ]")
    let id = try machine.ok("task", "add", "Waits", "--quiet")
    let run = try machine.start("run", "--until-idle")
    let isOver = await eventually(within: 120) { !run.isRunning }
    #expect(isOver, "\(machine.log)")
    if !isOver { machine.die(run) }
    #expect(run.terminationStatus == 75, "\(machine.log)")
    #expect(
      machine.log.contains("could not be told to the other machines")
        && machine.log.contains("hint: "), "\(machine.log)")
    #expect(try machines.merges().isEmpty)
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] != "done" && task["question"] == nil, "\(task.indentedText)")
    try FileManager.default.removeItem(atPath: scratch["origin.git/hooks/update"])
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
  }

  @Test
  func
    `because what it has for a state cannot be joined ends a run with an end, and has a way out`()
    throws
  {
    let machines = try Machines(settings: "forge:\n  outage_seconds: 3")
    let machine = machines.all[0]
    let id = try machine.ok("task", "add", "Waits", "--quiet")
    let blob = try scratch.git("hash-object", "-w", "--stdin", in: "origin.git", input: "garbage")
    try scratch.git("update-ref", "refs/orch/state", blob, in: "origin.git")
    let run = try machine.orch(["run", "--until-idle"])
    #expect(run.exitCode == 75 && run.errorOutput.contains("could not be taken in"), "\(run)")
    #expect(run.errorOutput.contains("hint: "), "\(run)")
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] == "new" && task["question"] == nil, "\(task.indentedText)")
    #expect(try scratch.git("ls-remote", "origin", "refs/orch/claims/*", in: "one/repo") == "")
    // Another one goes on by itself, too; what the hint says lets both work again.
    try machines.all[1].ok("task", "add", "Of the other", "--quiet")
    #expect(try machines.all[1].orch(["sync"]).exitCode == 1)
    let hint = try machine.orch(["sync"]).errorOutput
    #expect(hint.contains("git push --force REMOTE refs/orch/state"), "\(hint)")
    try scratch.git("push", "-q", "--force", "origin", "refs/orch/state", in: "one/repo")
    for each in machines.all { try each.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(2)
  }

  @Test func `because it takes no heartbeats ends a run with an end`() throws {
    let machine = try Machines(["one"], settings: "forge:\n  outage_seconds: 3").all[0]
    try hook("update", "case $1 in refs/orch/hosts/*) exit 1 ;; esac")
    let id = try machine.ok("task", "add", "Waits", "--quiet")
    let run = try machine.orch(["run", "--until-idle"])
    #expect(run.exitCode == 75 && run.errorOutput.contains("heartbeats"), "\(run)")
    #expect(run.errorOutput.contains("hint: "), "\(run)")
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] == "new" && task["question"] == nil, "\(task.indentedText)")
  }

  @Test func `because it is gone ends a run with an end`() throws {
    let machine = try Machines(["one"], settings: "forge:\n  outage_seconds: 3").all[0]
    let id = try machine.ok("task", "add", "Waits", "--quiet")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["gone.git"])
    let run = try machine.orch(["run", "--until-idle"])
    #expect(run.exitCode != 0 && run.errorOutput.contains("error: "), "\(run)")
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] == "new" && task["question"] == nil, "\(task.indentedText)")
  }

  @Test func `because it cannot be written to at all is reported`() throws {
    let machine = try Machines(["one"]).all[0]
    try machine.ok("task", "add", "Mine", "--quiet")
    try scratch.git("config", "remote.origin.receivepack", "false", in: machine.repository)
    try expectRefused(machine, saying: "error: ")
  }

  @Test func `because it is set back gets everything again, and it is said`() throws {
    let machines = try Machines()
    let old = try machines.all[0].tip()
    try machines.all[0].ok("task", "add", "Later", "--quiet")
    try machines.settle()
    try scratch.git("update-ref", "refs/orch/state", old, in: "origin.git")
    try machines.all[1].ok("task", "add", "Meanwhile", "--quiet")
    try expectSaid(by: machines.all[1])
    try machines.settle()
    let titles = try machines.all.map { try $0.tasks().compactMap { $0["title"]?.string } }
    #expect(titles[0] == titles[1] && titles[0].contains("Later"))
  }

  @Test func `because its references were deleted gets them again`() throws {
    let machines = try Machines()
    try machines.all[0].ok("task", "add", "Kept", "--quiet")
    try machines.settle()
    try scratch.git("update-ref", "-d", "refs/orch/state", in: "origin.git")
    try expectSaid(by: machines.all[1])
    try machines.settle()
    let tips = try machines.all.map { try $0.tip() }
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == tips[0])
    #expect(tips[0] == tips[1])
  }

  @Test func `because all that was orch's there was deleted is said once, with the way out`()
    async throws
  {
    let machine = try Machines(["one"]).all[0]
    try machine.ok("run", "--until-idle")
    let names = try scratch.git(
      "for-each-ref", "--format=delete %(refname)", "refs/orch", in: "origin.git")
    try scratch.git("update-ref", "--stdin", in: "origin.git", input: names + "\n")
    try machine.ok("task", "add", "Waits", "--quiet")
    let sync = try machine.orch(["sync"])
    #expect(sync.exitCode == 0 && sync.errorOutput.contains("orch sync --elect"), "\(sync)")
    let run = try machine.start("run")
    let isSaid = await eventually(within: 60) { machine.log.contains("orch sync --elect") }
    #expect(isSaid, "\(machine.log)")
    _ = await eventually(within: 8) { false }
    let lines = machine.log.split(separator: "\n").count { $0.contains("does not keep the claims") }
    #expect(lines == 1, "\(machine.log)")
    try machine.ok("sync", "--elect")
    let isDone = await eventually(within: 90) {
      (try? machine.tasks().last?["status"] == "done") == true
    }
    #expect(isDone, "\(machine.log)")
    kill(run.processIdentifier, SIGTERM)
    run.waitForEnd()
  }

  @Test func `because it is another project's is not joined`() throws {
    let ours = try Machines(["one"]).all[0]
    try ours.ok("task", "add", "Ours", "--quiet")
    try ours.ok("sync")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["ours.git"])
    let other = try Machines(["other"]).all[0]
    try other.ok("task", "add", "Theirs", "--quiet")
    try other.ok("sync")
    // The remote of the same name is another one's now.
    let theirs = try scratch.git("rev-parse", "refs/orch/state", in: "origin.git")
    try expectRefused(ours, saying: "belongs to another project")
    let titles = try ours.tasks().compactMap { $0["title"]?.string }
    #expect(!titles.contains("Theirs"))
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == theirs)
  }

  @Test func `because it is a backup is synced with, and keeps no claims until it is chosen`()
    throws
  {
    let machine = try Machines(["one"]).all[0]
    try scratch.git("init", "-q", "--bare", scratch["backup.git"])
    try scratch.git("remote", "add", "backup", scratch["backup.git"], in: machine.repository)
    try scratch.git("push", "-q", "backup", "main", in: machine.repository)
    try machine.ok("task", "add", "Safe", "--quiet")
    try machine.ok("sync", "--remote", "backup")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "backup.git") == machine.tip())
    // The place where the claims were is gone, and the backup takes its part by a person's choice.
    try scratch.git("remote", "set-url", "origin", scratch["backup.git"], in: machine.repository)
    try FileManager.default.removeItem(atPath: scratch["origin.git"])
    let claims = try machine.orch(["claim", "list"])
    #expect(claims.exitCode == 1 && claims.errorOutput.contains("orch sync --elect"), "\(claims)")
    let elected = try machine.ok("sync", "--elect")
    #expect(elected.contains("'origin' keeps the claims from now on"), "\(elected)")
    try machine.ok("run", "--until-idle")
    let task = try machine.tasks().last
    #expect(task?["status"] == "done")
  }

  @Test(arguments: ["blob", "tree", "commit"])
  func `because it has garbage in the place of the state is refused`(kind: String) throws {
    let machine = try Machines(["one"]).all[0]
    let commands = [
      "blob": "echo garbage | git hash-object -w --stdin",
      "tree": "git mktree < /dev/null",
      "commit": "git commit-tree $(git mktree < /dev/null) -m garbage",
    ]
    let made = try scratch.run(["sh", "-c", commands[kind] ?? ""], in: "origin.git")
    let id = made.output.trimmingCharacters(in: .newlines)
    try scratch.write("origin.git/refs/orch/state", id + "\n")
    try expectRefused(machine, saying: "the fetched state was not joined")
  }

  @Test(arguments: ["blob", "broken"])
  func `because it has garbage in the place of claims and notes stops no task`(kind: String) throws
  {
    let machines = try Machines()
    let made =
      kind == "blob"
      ? try scratch.git("hash-object", "-w", "--stdin", in: "origin.git", input: "garbage")
      : try scratch.git(
        "hash-object", "-w", "-t", "commit", "--literally", "--stdin", in: "origin.git",
        input: "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor x\n\nx\n")
    for name in ["claims/evil", "claims/a1b2c3d4e5f6", "hosts/other", "hosts/Evil"] {
      try scratch.write("origin.git/refs/orch/\(name)", made + "\n")
    }
    try scratch.write("origin.git/refs/notes/orchestrator", made + "\n")
    try machines.all[0].ok("task", "add", "Goes on", "--quiet")
    let sync = try machines.all[0].orch(["sync"])
    #expect(sync.exitCode == 0 && sync.errorOutput.contains("the notes of 'origin'"), "\(sync)")
    try machines.all[1].ok("run", "--until-idle")
    #expect(try machines.all[1].tasks().first?["status"] == "done")
    let claims = try machines.all[0].ok("claim", "list")
    #expect(claims.contains("unknown"), "\(claims)")
    // Its own notes are as they were, and everything comes back with the notes.
    for machine in machines.all {
      let notes = try scratch.run(
        ["git", "log", "--oneline", "refs/notes/orchestrator"], in: machine.repository)
      #expect(!notes.output.contains("garbage"))
    }
    try scratch.git("update-ref", "-d", "refs/notes/orchestrator", in: "origin.git")
    for name in ["claims/evil", "claims/a1b2c3d4e5f6", "hosts/other", "hosts/Evil"] {
      try scratch.git("update-ref", "-d", "refs/orch/\(name)", in: "origin.git")
    }
    try scratch.git("prune", "--expire=now", in: "origin.git")
    try machines.expectAllMergedOnce(1)
  }

  @Test func `because it once had garbage as notes, which are here now, is mended by doctor`()
    throws
  {
    let machine = try Machines(["one"]).all[0]
    let blob = try scratch.git(
      "hash-object", "-w", "--stdin", in: machine.repository, input: "garbage")
    try scratch.write(machine.repository + "/.git/refs/notes/orchestrator", blob + "\n")
    try machine.ok("task", "add", "Goes on", "--quiet")
    try machine.ok("run", "--until-idle")
    #expect(try machine.tasks().first?["status"] == "done")
    let doctor = try machine.orch(["doctor"])
    #expect(doctor.exitCode != 0 && doctor.output.contains("holds no notes"), "\(doctor)")
    _ = try machine.orch(["doctor", "--fix"])
    #expect(try machine.orch(["doctor"]).output.contains("holds no notes") == false)
    try machine.ok("sync")
    let kept = try scratch.git("rev-parse", "refs/orch/broken/notes", in: machine.repository)
    #expect(kept == blob)
  }

  @Test func `because it is no repository is reported`() throws {
    let machine = try Machines(["one"]).all[0]
    try FileManager.default.removeItem(atPath: scratch["origin.git"])
    try scratch.write("origin.git", "this is a text\n")
    let result = try machine.orch(["sync"])
    #expect(result.exitCode == 1 && result.errorOutput.contains("error: "), "\(result)")
  }

  @Test func `because it is gone leaves a run that waits, and a run offline that works`() throws {
    let machine = try Machines(["one"]).all[0]
    let id = try machine.ok("task", "add", "Alone", "--quiet")
    // Code and state are at two remotes; that of the state goes away.
    try scratch.git("clone", "-q", "--bare", scratch["origin.git"], scratch["code.git"])
    try scratch.git("remote", "add", "state", scratch["origin.git"], in: machine.repository)
    try scratch.git("remote", "set-url", "origin", scratch["code.git"], in: machine.repository)
    let before = try scratch.git("for-each-ref", "refs/orch", "refs/notes", in: "code.git")
    try machine.ok("sync", "--remote", "state")
    try machine.configure("remote: state")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
    try machine.ok("run", "--until-idle", "--offline")
    let there = try scratch.git("for-each-ref", "refs/orch", "refs/notes", in: "code.git")
    #expect(there == before)
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done")
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
    try machine.ok("sync")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == machine.tip())
  }
}
