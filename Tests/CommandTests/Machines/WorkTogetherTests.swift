import Foundation
import JSON
import TestSupport
import Testing

private let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Machines that work together` {
  let scratch = Scratch.current

  private func add(_ count: Int, to machine: Machine) throws {
    for number in 1...count { try machine.ok("task", "add", "Task \(number)", "--quiet") }
    try machine.ok("sync")
  }

  @Test func `share the tasks, and each is merged once`() async throws {
    let count = isProof ? 40 : 8
    let machines = try Machines()
    try add(count, to: machines.all[0])
    let runs = try machines.all.map { try $0.start("run", "--until-idle", "--jobs", "2") }
    for run in runs { run.waitForEnd() }
    #expect(runs.allSatisfy { $0.terminationStatus == 0 }, "\(machines.all.map(\.log))")
    try machines.expectAllMergedOnce(count)
    let hosts = try machines.all[1].tasks().compactMap {
      $0["attempts"]?.array?.last?["host"]?.string
    }
    let names = try machines.all.map { try $0.host() }
    #expect(Set(hosts) == Set(names), "one did all the work")
    #expect(machines.all.allSatisfy { $0.processes() == [] })
  }

  @Test func `lose one with kill -9 in the middle, and each task is merged once`() async throws {
    let count = isProof ? 200 : 20
    let machines = try Machines(agent: "sleep 0.3\n" + Machines.commits)
    try add(count, to: machines.all[0])
    let first = try machines.all[0].start("run", "--until-idle", "--jobs", "3")
    let second = try machines.all[1].start("run", "--until-idle", "--jobs", "3")
    // Both have merged something, and there is more to do; the moment is another one with each seed.
    var random = SeededRandom(seed: TestSeed.next())
    let said = Int.random(in: 2 * count...5 * count, using: &random)
    let isUnderWay = await eventually(within: isProof ? 1500 : 300) {
      let logs = machines.all.map(\.log)
      return logs.allSatisfy { $0.contains(" merged: ") }
        && logs.joined().count(where: { $0 == "\n" }) >= said
    }
    #expect(isUnderWay, "\(machines.all.map(\.log))")
    machines.all[0].die(first)
    #expect(try machines.merges().count < count, "it was killed when all was done")
    second.waitForEnd()
    #expect(second.terminationStatus == 0, "\(machines.all[1].log.suffix(4000))")
    // One merged what it had, the other all the rest.
    #expect(try machines.merges().count == count, "\(machines.all[1].log.suffix(4000))")
    // The dead machine comes back and finds that it has nothing more to do.
    try machines.all[0].ok("run", "--until-idle")
    try machines.expectAllMergedOnce(count)
  }

  @Test func `finish pull requests whose heads were never here, also when the base has moved`()
    throws
  {
    let machines = try Machines(settings: "forge:\n  merge: never\n")
    let (one, two) = (machines.all[0], machines.all[1])
    try add(2, to: one)
    try one.ok("run", "--until-idle")
    try one.ok("sync")
    try scratch.write("one/repo/README.md", "moved\n")
    try scratch.git("commit", "-qam", "the base moves", in: one.repository)
    try scratch.git("push", "-q", "origin", "main", in: one.repository)
    let settings = try scratch.read("two/repo/.orch.yml")
    try scratch.write(
      "two/repo/.orch.yml", settings.replacing("merge: never", with: "merge: when-green"))
    try two.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(2)
  }

  @Test func `keep what a person wrote in a worktree whose task another machine began`() throws {
    let machines = try Machines(
      settings: "forge:\n  merge: never\nchecks:\n  - {name: ok, command: \"true\"}\n")
    let (one, two) = (machines.all[0], machines.all[1])
    try add(1, to: one)
    try one.ok("run", "--until-idle")
    try moveBase("first")
    // The other machine brings the branch onto the base and checks it, so that it has a worktree.
    try two.ok("run", "--until-idle")
    let task = try #require(two.tasks().first)
    let worktree = try #require(task["worktree"]?.string).replacing(
      "/one/home/", with: "/two/home/")
    try Data("a person's words\n".utf8).write(to: URL(fileURLWithPath: worktree + "/README.md"))
    try moveBase("second")
    try two.ok("run", "--until-idle")
    let id = try #require(task["id"]?.string)
    let kept = try scratch.git("show", "refs/orch/left/\(id):README.md", in: two.repository)
    #expect(kept == "a person's words")
  }

  private func moveBase(_ text: String) throws {
    try scratch.write("one/repo/\(text).txt", text)
    try scratch.git("add", "-A", in: "one/repo")
    try scratch.git("commit", "-qm", text, in: "one/repo")
    try scratch.git("push", "-q", "origin", "main", in: "one/repo")
  }

  @Test func `take over what a killed orchestrator's workers still hold`() async throws {
    let machines = try Machines(
      agent: """
        cat > /dev/null
        touch "$HOME/../started"
        case "$HOME" in */one/home) while [ ! -e "$HOME/../go" ]; do sleep 0.05; done ;; esac
        echo "$HOME" >> who.txt
        git add -A
        git commit -qm "who"
        """)
    try machines.all[0].ok("task", "add", "Held")
    try machines.all[0].ok("sync")
    let first = try machines.all[0].start("run")
    #expect(
      await eventually(within: 120) { scratch.exists("one/started") }, "\(machines.all[0].log)")
    kill(first.processIdentifier, SIGKILL)
    first.waitForEnd()
    #expect(machines.all[0].processes() != [], "the worker should have gone on")
    try machines.all[1].ok("run", "--until-idle")
    // The worker was suspended before the other machine could begin; now it could go on, and must not.
    try scratch.write("one/go", "")
    try machines.all[0].ok("run", "--until-idle")
    #expect(machines.all[0].processes() == [])
    try machines.expectAllMergedOnce(1)
    try scratch.git("fetch", "-q", in: "one/repo")
    #expect(
      try scratch.git("show", "origin/main:who.txt", in: "one/repo") == scratch["two/home"])
  }

  @Test func `publish work whose claim has gone by a later one`() async throws {
    let machines = try Machines(["one"])
    let machine = machines.all[0]
    // The remote lets the push of a worker's branch wait: the first orchestrator is killed in it.
    let hook = try scratch.write(
      "origin.git/hooks/update",
      """
      #!/bin/sh
      case $1 in refs/heads/orch/*) ;; *) exit 0 ;; esac
      cd '\(scratch.path)'
      if [ -e dead ]; then
        until [ -e open ]; do sleep 0.05; done
      else
        touch pushing
        until [ -e dead ]; do sleep 0.05; done
        exit 1
      fi
      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try machine.ok("task", "add", "Late", "--quiet")
    let run = try machine.start("run", "--until-idle")
    #expect(await eventually(within: 120) { scratch.exists("pushing") }, "\(machine.log)")
    machine.die(run)
    try scratch.write("dead", "")
    // Its claim is gone, as after an upkeep or a restored backup; nobody else wants the task.
    let id = try #require(try machine.tasks().first?["id"]?.string)
    let claim = "refs/orch/claims/\(id)"
    try scratch.git("update-ref", "-d", claim, in: "origin.git")
    let later = try machine.start("run", "--until-idle")
    let isClaimed = await eventually(within: 120) {
      (try? scratch.git("rev-parse", "-q", "--verify", claim, in: "origin.git")) != nil
    }
    #expect(isClaimed, "\(machine.log)")
    try scratch.write("open", "")
    later.waitForEnd()
    try machines.expectAllMergedOnce(1)
    let record = try scratch.git(
      "show", "refs/orch/state:tasks/\(id.prefix(2))/\(id)/task.json", in: machine.repository)
    let json = try JSONValue(parsing: record)
    #expect((json["token"]?.int ?? 0) > 1, "the claim was not another one: \(record)")
    #expect(json["stale"] == nil, "\(record)")
  }

  @Test func `are rebuilt from a mirror of the remote, and nothing is missing`() throws {
    let machines = try Machines()
    try add(3, to: machines.all[0])
    try machines.all[0].ok("run", "--until-idle")
    try machines.all[0].ok("task", "add", "Not begun", "--quiet")
    try machines.settle()
    let before = try machines.all[1].tasks()
    let tip = try machines.all[1].tip()
    try scratch.git("init", "-q", "--bare", scratch["backup.git"])
    try scratch.git("push", "-q", "--mirror", scratch["backup.git"], in: "origin.git")
    try scratch.git("clone", "-q", "--mirror", scratch["backup.git"], scratch["restored.git"])
    let all = try scratch.git("for-each-ref", in: "origin.git")
    #expect(all.contains("refs/notes/orchestrator") && all.contains("refs/orch/hosts/"))
    #expect(try scratch.git("for-each-ref", in: "restored.git") == all)
    // Nothing of the old place is left.
    for name in ["origin.git", "backup.git", "one", "two"] {
      try FileManager.default.removeItem(atPath: scratch[name])
    }
    let third = try Machine("three")
    try third.ok("clone", scratch["restored.git"], "repo", in: "three")
    #expect(try third.tip() == tip)
    #expect(try third.tasks() == before)
    try third.ok("run", "--until-idle")
    let after = try third.tasks()
    #expect(after.allSatisfy { $0["status"] == "done" })
    let merged = try scratch.git(
      "log", "--merges", "--format=%(trailers:key=Orch-Task,valueonly,separator=)", "main",
      in: "restored.git")
    #expect(Set(merged.split(separator: "\n")).count == 4)
    let file = try scratch.git("ls-tree", "--name-only", "main", in: "restored.git")
      .split(separator: "\n").first { $0.hasPrefix("file-") }
    try scratch.git("fetch", "-q", in: "three/repo")
    let blamed = try third.ok("blame", String(file ?? ""), "--rev", "origin/main")
    #expect(["Task", "Not begun"].contains { blamed.contains($0) }, "\(blamed)")
  }
}
