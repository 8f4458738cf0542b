import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A network that does the worst` {
  let scratch = Scratch.current

  /// Puts a shell program in git's place; `$git` is the real one.
  private func wrap(_ body: String, _ machines: inout Machines) throws {
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write("bin/git", "#!/bin/sh\ngit=\"\(git)\"\n\(body)\nexec \"$git\" \"$@\"\n")
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    for index in machines.all.indices { machines.all[index].programs = scratch["bin"] }
  }

  @Test func `and hangs does not keep a run from ending when it is interrupted`() async throws {
    var machines = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        touch "$HOME/../started-$ORCH_TASK_ID"
        sleep 600
        """, claimSeconds: 600)
    try wrap(
      """
      case " $* " in
      *" ls-remote "* | *" fetch "* | *" push "*)
        if [ -e "\(scratch["hang"])" ]; then sleep 600; fi ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    let ids = try (1...4).map { try machine.ok("task", "add", "Task \($0)", "--quiet") }
    let run = try machine.start("run", "--jobs", "4")
    let areStarted = await eventually(within: 90) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch["one"])) ?? []
      return names.count { $0.hasPrefix("started-") } == ids.count
    }
    #expect(areStarted, "\(machine.log)")
    try scratch.write("hang", "")
    kill(run.processIdentifier, SIGINT)
    let isOver = await eventually(within: 75) { !run.isRunning }
    #expect(isOver, "\(machine.log)")
    if !isOver { machine.die(run) }
    // Nothing is lost: with the network back, the same machine goes on.
    try FileManager.default.removeItem(atPath: scratch["hang"])
    let attempts = try machine.tasks().map { $0["attempts"]?.array?.last?["outcome"] ?? "" }
    #expect(attempts == Array(repeating: "interrupted", count: 4), "\(machine.log)")
  }

  @Test func `and loses the reply of a publication before a cut leaves no claim behind`()
    async throws
  {
    var machines = try Machines(["one"], claimSeconds: 600)
    try wrap(
      """
      now=$(date +%s)
      case " $* " in
      *" push "*"refs/orch/claims/"*"refs/heads/"* | *" push "*"refs/heads/"*"refs/orch/claims/"*)
        if [ ! -e "\(scratch["cut"])" ]; then
          "$git" "$@" > /dev/null 2>&1
          echo $((now + 15)) > "\(scratch["cut"])"
          echo "fatal: the reply was lost" >&2
          exit 128
        fi ;;
      esac
      case " $* " in
      *" ls-remote "* | *" fetch "* | *" push "*)
        if [ -e "\(scratch["cut"])" ] && [ "$now" -lt "$(cat "\(scratch["cut"])")" ]; then
          echo "fatal: the network is cut" >&2
          exit 128
        fi ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    let id = try machine.ok("task", "add", "Once", "--quiet")
    let run = try machine.start("run", "--until-idle")
    let isOver = await eventually(within: 200) { !run.isRunning }
    #expect(isOver, "\(machine.log)")
    if !isOver { machine.die(run) }
    #expect(scratch.exists("cut"))
    let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
    #expect(task["status"] == "done", "\(machine.log)")
    machines.all[0].programs = nil
    try machines.expectAllMergedOnce(1)
    let claims = try machines.all[0].ok("claim", "list", "--json")
    #expect(try JSONValue(parsing: claims).array?.isEmpty == true, "\(claims)")
  }

  @Test func `and takes everything but the state has nothing published that others do not know of`()
    async throws
  {
    var machines = try Machines(
      agent: "cat > /dev/null\ntouch \"$HOME/../worked\"\n" + Machines.commits)
    try machines.all[0].ok("task", "add", "Once", "--quiet")
    try machines.settle()
    try wrap(
      """
      case " $* " in
      *" push "*"refs/orch/state"*)
        if [ -e "\(scratch["one/worked"])" ] && [ "${HOME%/home}" = "\(scratch["one"])" ]; then
          echo . >> "\(scratch["refused"])"
          echo "fatal: the connection was reset" >&2
          exit 128
        fi ;;
      esac
      """, &machines)
    let (one, two) = (machines.all[0], machines.all[1])
    let run = try one.start("run")
    #expect(await eventually(within: 60) { one.log.contains(" finished: ") }, "\(one.log)")
    let refused = { (try? scratch.read("refused"))?.split(separator: "\n").count ?? 0 }
    let before = refused()
    #expect(await eventually(within: 120) { refused() >= before + 5 }, "\(one.log)")
    // Nobody knows of the work, so nothing of it is where others see it.
    #expect(try machines.merges().isEmpty)
    #expect(try scratch.git("for-each-ref", "refs/heads/orch", in: "origin.git") == "")
    one.die(run)
    try two.ok("run", "--until-idle")
    machines.all[0].programs = nil
    try machines.all[0].ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
  }

  @Test
  func `and drops a checkpoint when a run is stopped keeps the claim, for others cannot go on`()
    async throws
  {
    var machines = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        echo "half done" >> work.txt
        touch "$HOME/../started"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        git add -A
        git commit -qm done
        """, claimSeconds: 600)
    try wrap(
      """
      case " $* " in
      *" push "*"refs/orch/wip/"*)
        if [ -e "\(scratch["cut"])" ]; then
          echo "fatal: the connection was reset" >&2
          exit 128
        fi ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    try machine.configure("checkpoint_seconds: 3600")
    try machine.ok("task", "add", "Slow", "--quiet")
    let run = try machine.start("run")
    #expect(await eventually { scratch.exists("one/started") }, "\(machine.log)")
    try scratch.write("cut", "")
    run.interrupt()
    run.waitForEnd()
    let kept = try JSONValue(parsing: machine.ok("claim", "list", "--json"))
    #expect(kept.array?.count == 1, "\(kept)\n\(machine.log)")
    try FileManager.default.removeItem(atPath: scratch["cut"])
    try scratch.write("one/go", "")
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    let left = try JSONValue(parsing: machine.ok("claim", "list", "--json"))
    #expect(left.array?.isEmpty == true, "\(left)")
  }

  @Test func `and cuts a machine off between its push and its pull request loses no work`()
    async throws
  {
    var machines = try Machines(
      agent: """
        cat > /dev/null
        if [ -e done.txt ]; then
          printf '{"status":"done","summary":"it is there already"}' > "$ORCH_OUTPUT"
        else
          echo done > done.txt
          git add -A
          git commit -qm done
        fi
        """)
    try machines.all[0].ok("task", "add", "Once", "--quiet")
    try machines.settle()
    try wrap(
      """
      case " $* " in
      *" push "*"refs/heads/orch/"*)
        if [ "${HOME%/home}" = "\(scratch["one"])" ]; then
          "$git" "$@"
          kill -9 $PPID
          exit 1
        fi ;;
      esac
      """, &machines)
    let run = try machines.all[0].start("run", "--until-idle")
    let isKilled = await eventually(within: 90) { !run.isRunning }
    #expect(isKilled, "\(machines.all[0].log)")
    machines.all[0].die(run)
    #expect(try scratch.git("for-each-ref", "refs/heads/orch", in: "origin.git") != "")
    try machines.all[1].ok("run", "--until-idle")
    machines.all[0].programs = nil
    try machines.all[0].ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    #expect(try scratch.git("show", "main:done.txt", in: "origin.git") == "done")
  }

  @Test func `and fails every fetch for half a minute while it answers questions asks no person`()
    throws
  {
    var machines = try Machines(["one"])
    try machines.all[0].ok("task", "add", "Once", "--quiet")
    try wrap(
      """
      case " $* " in
      *" fetch "*"refs/heads/main"*)
        now=$(date +%s)
        [ -e "\(scratch["since"])" ] || echo "$now" > "\(scratch["since"])"
        if [ "$now" -lt $(($(cat "\(scratch["since"])") + 30)) ]; then
          echo . >> "\(scratch["fetches"])"
          echo "fatal: the connection was reset" >&2
          exit 128
        fi ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    try machine.ok("run", "--until-idle")
    let fetches = try scratch.read("fetches").split(separator: "\n").count
    #expect(fetches > 6)
    let story = try machine.ok("log")
    #expect(!story.contains("needs review") && !story.contains("asks"), "\(story)")
    machines.all[0].programs = nil
    try machines.expectAllMergedOnce(1)
  }

  @Test func `and drops four fetches in a row while it answers questions ends no run`() throws {
    var machines = try Machines(["one"], settings: "forge:\n  merge: never\n")
    try machines.all[0].ok("task", "add", "Seen", "--quiet")
    try machines.all[0].ok("run", "--until-idle")
    let branch = try scratch.git(
      "for-each-ref", "--format=%(refname:short)", "refs/heads/orch", in: "origin.git")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    try scratch.git("checkout", "-q", branch, in: "person")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "More", in: "person")
    try scratch.git("push", "-q", "origin", branch, in: "person")
    try wrap(
      """
      case " $* " in
      *" fetch "*"heads/orch/"*)
        echo . >> "\(scratch["fetches"])"
        if [ "$(wc -l < "\(scratch["fetches"])")" -le 4 ]; then
          echo "fatal: the connection was reset" >&2
          exit 128
        fi ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    try machine.ok("run", "--until-idle")
    #expect(try machine.ok("log").contains("by someone else"))
    let fetches = try scratch.read("fetches").split(separator: "\n").count
    #expect(fetches > 4)
  }

  @Test func `and loses a branch between the question and the fetch is asked again`() throws {
    var machines = try Machines(["one"], settings: "forge:\n  merge: never\n")
    let ids = try ["Stays", "Goes"].map { try machines.all[0].ok("task", "add", $0, "--quiet") }
    try machines.all[0].ok("run", "--until-idle")
    let branches = try scratch.git(
      "for-each-ref", "--format=%(refname:short)", "refs/heads/orch", in: "origin.git"
    ).split(separator: "\n").map(String.init)
    let goes = try #require(branches.first { $0.contains("goes") })
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    for branch in branches {
      try scratch.git("checkout", "-q", branch, in: "person")
      try scratch.git("commit", "-q", "--allow-empty", "-m", "More", in: "person")
      try scratch.git("push", "-q", "origin", branch, in: "person")
    }
    try wrap(
      """
      case " $* " in
      *" fetch "*"heads/\(goes)"*)
        [ -e "\(scratch["gone"])" ] || "$git" -C "\(scratch["origin.git"])" branch -qD "\(goes)"
        touch "\(scratch["gone"])" ;;
      esac
      """, &machines)
    let machine = machines.all[0]
    let run = try machine.start("run", "--until-idle")
    run.waitForEnd()
    #expect(scratch.exists("gone"))
    #expect(!machine.log.contains("cannot be reached"), "\(machine.log)")
    #expect(machine.log.contains("by someone else"), "\(machine.log)")
    let gone = try JSONValue(parsing: machine.ok("task", "show", ids[1], "--json"))
    #expect(gone["status"] == "needs_review", "\(machine.log)")
  }
}
