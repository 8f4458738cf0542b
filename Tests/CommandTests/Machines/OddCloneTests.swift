import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A clone of an unusual kind` {
  let scratch = Scratch.current

  @Test(arguments: ["--depth=1", "--filter=blob:none"])
  func `that is shallow or partial takes part`(option: String) throws {
    let machines = try Machines(["one"])
    try scratch.git("config", "uploadpack.allowFilter", "true", in: "origin.git")
    for number in 1...3 {
      try scratch.write("one/repo/more.txt", "\(number)\n")
      try scratch.git("add", "-A", in: "one/repo")
      try scratch.git("commit", "-qm", "more \(number)", in: "one/repo")
    }
    try scratch.git("push", "-q", "origin", "main", in: "one/repo")
    try machines.all[0].ok("task", "add", "Shared", "--quiet")
    try machines.all[0].ok("sync")
    let second = try Machine("two")
    try scratch.git(
      "clone", "-q", option, "file://" + scratch["origin.git"], scratch["two/repo"])
    try second.ok("init")
    try second.ok("sync")
    if option.hasPrefix("--depth") {
      let refused = try second.orch(["run", "--until-idle"])
      #expect(refused.exitCode == 1 && refused.errorOutput.contains("--unshallow"), "\(refused)")
      try scratch.git("fetch", "-q", "--unshallow", in: "two/repo")
    }
    try second.ok("run", "--until-idle")
    let tasks = try second.tasks()
    #expect(tasks.map { $0["status"] ?? "" } == ["done"], "\(tasks)")
    try machines.all[0].ok("sync")
    let tips = try [machines.all[0].tip(), second.tip()]
    #expect(tips[0] == tips[1])
  }

  @Test func `that is bare keeps tasks, and works them off`() throws {
    let machines = try Machines(["one"])
    try scratch.git("clone", "-q", "--bare", scratch["origin.git"], scratch["two/repo"])
    let second = try Machine("two")
    try FileManager.default.copyItem(
      atPath: scratch["one/repo/.orch.yml"], toPath: scratch["two/repo/.orch.yml"])
    try second.ok("init")
    try second.ok("task", "add", "From a bare repository", "--quiet")
    try second.ok("sync")
    try second.ok("run", "--until-idle")
    let tasks = try second.tasks()
    #expect(tasks.map { $0["status"] ?? "" } == ["done"], "\(tasks)")
    try machines.all[0].ok("sync")
    let titles = try machines.all[0].tasks().map { $0["title"] ?? "" }
    #expect(titles == ["From a bare repository"])
  }

  @Test func `that is a mirror is synced like any other`() throws {
    let machines = try Machines(["one"])
    try scratch.git("clone", "-q", "--mirror", scratch["origin.git"], scratch["two/repo"])
    let second = try Machine("two")
    try second.ok("sync")
    try second.ok("task", "add", "From a mirror", "--quiet")
    try second.ok("sync")
    try machines.all[0].ok("sync")
    let titles = try machines.all[0].tasks().map { $0["title"] ?? "" }
    #expect(titles == ["From a mirror"])
    let branches = try scratch.git("branch", "--list", in: "origin.git")
    #expect(branches == "* main")
  }

  @Test(.enabled(if: geteuid() == 0, "only root makes files of another user"))
  func `that may only be read can be looked at with every command that looks`() throws {
    let machine = try Machines(["one"]).all[0]
    try machine.ok("task", "add", "Seen", "--quiet")
    try machine.ok("run", "--until-idle")
    // A copy, as of a backup that is mounted read-only.
    _ = try scratch.run(["cp", "-a", "one/repo", "copy"])
    let home = scratch["reader"]
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    let settings =
      "[safe]\n\tdirectory = \(scratch["copy"])\n\tdirectory = \(scratch["origin.git"])\n"
    try settings.write(toFile: home + "/.gitconfig", atomically: true, encoding: .utf8)
    _ = try scratch.run(["chmod", "-R", "a+rX", scratch.path])
    _ = try scratch.run(["chown", "-R", "54001", home])
    for words in [
      ["status"], ["task", "list"], ["claim", "list"], ["hosts"], ["doctor"], ["digest"],
    ] {
      let result = try scratch.run(
        [
          "setpriv", "--reuid", "54001", "--regid", "54001", "--clear-groups", BuiltProgram.orch,
        ] + words, in: "copy",
        environment: [
          "HOME": home, "GIT_CONFIG_GLOBAL": home + "/.gitconfig",
          "XDG_CONFIG_HOME": home + "/.config",
        ])
      #expect(result.exitCode == 0, "\(words): \(result)")
    }
  }

  @Test func `that is a linked worktree is the same machine as its main one`() throws {
    let machine = try Machines(["one"]).all[0]
    try scratch.git("worktree", "add", "-q", scratch["one/linked"], "-b", "side", in: "one/repo")
    try machine.ok("task", "add", "From beside", "--quiet", in: "one/linked")
    try machine.ok("sync", in: "one/linked")
    let titles = try machine.tasks().map { $0["title"] ?? "" }
    #expect(titles == ["From beside"])
    // What a power cut leaves is in the main one's folders.
    try scratch.write("one/repo/.git/refs/orch/state", "")
    let found = try machine.orch(["doctor"], in: "one/linked")
    #expect(found.exitCode == 1 && found.output.contains("the file is empty"), "\(found)")
    try machine.ok("doctor", "--fix", in: "one/linked")
    try machine.ok("doctor", in: "one/linked")
    try machine.ok("run", "--until-idle", in: "one/linked")
    let tasks = try machine.tasks()
    #expect(tasks.map { $0["status"] ?? "" } == ["done"])
  }

  /// A copied disk looks the same from inside; a copied folder is seen at once.
  @Test(arguments: ["folder", "disk"])
  func `that was copied with its machine's name gets one of its own`(kind: String) throws {
    var machines = try Machines(["one"])
    try machines.all[0].ok("run", "--until-idle")
    let copy = try Machine("copy")
    _ = try scratch.run(["cp", "-a", "one/repo", "copy/repo"])
    let name = try machines.all[0].host()
    machines.all.append(copy)
    if kind == "disk" {
      for machine in machines.all {
        try scratch.write(machine.repository + "/.git/orch/host.json", #"{"host":"\#(name)"}"#)
      }
    }
    for number in 1...4 { try machines.all[0].ok("task", "add", "Task \(number)", "--quiet") }
    try machines.settle()
    #expect(try (copy.host() == name) == (kind == "disk"))
    let runs = try machines.all.map { try $0.start("run", "--until-idle", "--jobs", "2") }
    for run in runs { run.waitForEnd() }
    #expect(runs.allSatisfy { $0.terminationStatus == 0 }, "\(machines.all.map(\.log))")
    let after = try machines.all.map { try $0.host() }
    #expect(after[0] != after[1], "\(machines.all.map(\.log))")
    if kind == "folder" { #expect(after[0] == name) }
    try machines.expectAllMergedOnce(4)
  }

  /// A copied disk may have had a name for a moment, under which it gave back what it had and was never heard of.
  @Test func `whose claim was given back under a name that nobody bears is gone on with`()
    async throws
  {
    let machines = try Machines(
      agent: """
        cat > /dev/null
        touch "$HOME/../started"
        while [ "$ORCH_ATTEMPT" = 1 ]; do sleep 0.05; done
        """ + "\n" + Machines.commits)
    let (one, two) = (machines.all[0], machines.all[1])
    let id = try one.ok("task", "add", "Left", "--quiet")
    let run = try one.start("run")
    #expect(await eventually { scratch.exists("one/started") }, "\(one.log)")
    let isTold = await eventually {
      (try? scratch.git("log", "--format=%s", "refs/orch/state", in: "origin.git"))?
        .contains("started") == true
    }
    #expect(isTold, "\(one.log)")
    one.die(run)
    let reference = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch/claims", in: "origin.git")
    let host = try one.host()
    let text = try scratch.git("log", "-1", "--format=%B", reference, in: "origin.git")
      .replacingOccurrences(of: host, with: "nobody")
      .replacingOccurrences(of: #""phase":"held""#, with: #""phase":"released""#)
    let tree = try scratch.git("rev-parse", reference + "^{tree}", in: "origin.git")
    let left = try scratch.git(
      "commit-tree", tree, "-p", reference, "-F", "-", in: "origin.git", input: text)
    try scratch.git("update-ref", reference, left, in: "origin.git")
    let next = try two.start("run", "--until-idle")
    let isOver = await eventually(within: 120) { !next.isRunning }
    #expect(isOver, "\(two.log)")
    if !isOver { two.die(next) }
    let task = try JSONValue(parsing: two.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(task.indentedText)\n\(two.log)")
  }

  @Test(.enabled(if: geteuid() == 0, "only root makes files of another user"))
  func `of another user is refused, with the way out`() throws {
    let machine = try Machines(["one"]).all[0]
    try machine.ok("task", "add", "Mine", "--quiet")
    _ = try scratch.run(["chown", "-R", "54321", scratch["one/repo"]])
    let result = try machine.orch(["task", "add", "Not mine"])
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.errorOutput.contains("belongs to another user"), "\(result)")
    #expect(result.errorOutput.contains("safe.directory"), "\(result)")
    // Whoever trusts every repository is believed, as git believes them.
    try scratch.git("config", "--global", "safe.directory", "*", in: ".")
    let settings = try scratch.read("home/.gitconfig")
    try scratch.write("one/home/.gitconfig", settings)
    try machine.ok("task", "add", "Trusted", "--quiet")
  }

  @Test(.enabled(if: geteuid() == 0, "only root makes files of another user"))
  func `that two users of a group share is written to by both`() throws {
    let machine = try Machines(["one"]).all[0]
    try scratch.git("config", "core.sharedRepository", "group", in: "one/repo")
    for command in [
      ["chgrp", "-R", "54321", scratch.path], ["chmod", "-R", "g+rwX", scratch.path],
      ["find", scratch["one/repo"], "-type", "d", "-exec", "chmod", "g+s", "{}", "+"],
    ] { _ = try scratch.run(command) }
    for (number, user) in ["54001", "54002", "54001"].enumerated() {
      let home = scratch["user\(user)"]
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      let settings =
        "[safe]\n\tdirectory = \(scratch["one/repo"])\n\tdirectory = \(scratch["origin.git"])\n"
      try settings.write(toFile: home + "/.gitconfig", atomically: true, encoding: .utf8)
      _ = try scratch.run(["chown", "-R", user, home])
      // Either mends what the other one's crash has left.
      try scratch.write("one/repo/.git/objects/ab/" + String(repeating: "c", count: 38), "")
      _ = try scratch.run(["chgrp", "-R", "54321", scratch["one/repo/.git/objects/ab"]])
      _ = try scratch.run(["chmod", "-R", "g+rwX", scratch["one/repo/.git/objects/ab"]])
      for words in [["doctor", "--fix"], ["task", "add", "Of \(user), \(number)"], ["doctor"]] {
        let result = try scratch.run(
          [
            "setpriv", "--reuid", user, "--regid", "54321", "--clear-groups", BuiltProgram.orch,
          ] + words, in: "one/repo",
          environment: ["HOME": home, "GIT_CONFIG_GLOBAL": home + "/.gitconfig"])
        #expect(result.exitCode == 0, "\(words): \(result)")
      }
    }
    let tasks = try machine.tasks()
    #expect(tasks.count == 3)
  }

  @Test func `whose state a newer orch has written may be read and not written`() throws {
    let machines = try Machines()
    try machines.all[0].ok("task", "add", "Old", "--quiet")
    try machines.settle()
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["newer"], "refs/orch/state", in: "one/repo")
    try scratch.write("newer/meta/format.json", #"{"epoch":0,"format":9,"min_writer":9}"#)
    try scratch.git("commit", "-qam", "a newer orch", in: "newer")
    try scratch.git("push", "-q", "origin", "HEAD:refs/orch/state", in: "newer")
    let before = try machines.all[1].tip()
    let sync = try machines.all[1].orch(["sync"])
    #expect(sync.exitCode == 1 && sync.errorOutput.contains("a newer orch"), "\(sync)")
    let after = try machines.all[1].tip()
    #expect(after == before)
    let titles = try machines.all[1].tasks().map { $0["title"] ?? "" }
    #expect(titles == ["Old"])
    let run = try machines.all[0].orch(["run", "--until-idle"])
    #expect(run.exitCode == 1 && run.errorOutput.contains("a newer orch"), "\(run)")
    let left = try machines.all[1].tip()
    #expect(left == before)
  }

  @Test func `in which a task file was edited by hand goes by the events`() throws {
    let machines = try Machines()
    let id = try machines.all[0].ok("task", "add", "True title", "--quiet")
    try machines.settle()
    try scratch.git(
      "worktree", "add", "-q", "--detach", scratch["hand"], "refs/orch/state", in: "one/repo")
    let found = try scratch.run(
      [
        "sh", "-c",
        "sed -i 's/True title/Forged title/' tasks/*/*/task.json && git commit -qam hand",
      ],
      in: "hand")
    #expect(found.exitCode == 0, "\(found)")
    try scratch.git("push", "-q", "origin", "HEAD:refs/orch/state", in: "hand")
    let told = try machines.all[1].orch(["sync"])
    #expect(
      told.exitCode == 0 && told.errorOutput.contains("edited by hand at 'origin'")
        && told.errorOutput.contains("'orch task edit'"), "\(told)")
    try machines.settle()
    for machine in machines.all {
      let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
      #expect(task["title"] == "True title")
    }
    let tips = try machines.all.map { try $0.tip() }
    #expect(tips[0] == tips[1])
  }
}
