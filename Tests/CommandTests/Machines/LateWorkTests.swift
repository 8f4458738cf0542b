import Foundation
import JSON
import TestSupport
import Testing

/// Work whose claim is gone without its machine's doing, and machines that were away while others went on.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `Work of a machine that comes too late` {
  let scratch = Scratch.current

  /// Waits on the first machine until it is told to go on; says each time that it was begun.
  private static let waits = """
    cat > /dev/null
    echo "$HOME $ORCH_ATTEMPT" >> "$HOME/../../begun"
    case "$HOME" in */one/home) while [ ! -e "$HOME/../go" ]; do sleep 0.05; done ;; esac
    echo "$HOME" > who.txt
    git add -A
    git commit -qm "who"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  /// Deletes references at the remote, which heartbeats and syncs hold locks on meanwhile.
  private func delete(_ prefixes: [String]) async throws {
    for prefix in prefixes {
      let isDone = await eventually(within: 120) {
        guard
          let names = try? scratch.git(
            "for-each-ref", "--format=delete %(refname)", prefix, in: "origin.git"), names != ""
        else { return false }
        return (try? scratch.git("update-ref", "--stdin", in: "origin.git", input: names + "\n"))
          != nil
      }
      #expect(isDone, "nothing could be deleted below \(prefix)")
    }
  }

  /// Two machines, and a run of the first whose worker waits.
  private func atWork(
    _ title: String
  ) async throws -> (machines: Machines, one: Machine, run: ChildProcess) {
    let machines = try Machines(agent: Self.waits)
    let one = machines.all[0]
    try one.ok("task", "add", title, "--quiet")
    let run = try one.start("run", "--until-idle")
    #expect(await eventually(within: 120) { scratch.exists("begun") }, "\(one.log)")
    return (machines, one, run)
  }

  /// Lets runs that have no end of their own end.
  private func stop(_ runs: [ChildProcess]) {
    for run in runs {
      kill(run.processIdentifier, SIGTERM)
      run.waitForEnd()
    }
  }

  @Test(arguments: [
    ["refs/orch/claims"], ["refs/orch/hosts"], ["refs/orch/claims", "refs/orch/hosts"],
  ])
  func `whose claim or heartbeat somebody deleted at the remote is merged once`(
    prefixes: [String]
  ) async throws {
    let machines = try Machines(agent: Self.waits)
    let (one, two) = (machines.all[0], machines.all[1])
    try one.ok("task", "add", "Contended", "--quiet")
    try one.ok("sync")
    let first = try one.start("run")
    #expect(await eventually(within: 120) { scratch.exists("begun") }, "\(one.log)")
    let second = try two.start("run")
    try await delete(prefixes)
    // Time for the other one to begin it, too; it may also find that somebody is at work.
    _ = await eventually(within: 20) {
      (try? scratch.read("begun").contains("/two/")) == true
    }
    try scratch.write("one/go", "")
    let isDone = try await eventually(within: 120) {
      try machines.merges().count == 1 && two.tasks().allSatisfy { $0["status"] == "done" }
    }
    #expect(isDone, "\(one.log)\n\(two.log)")
    stop([first, second])
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(1)
  }

  @Test func `whose remote lost all that was orch's goes on once the remote was chosen again`()
    async throws
  {
    let (machines, one, run) = try await atWork("Goes on")
    try await delete(["refs/orch"])
    let isSaid = await eventually(within: 180) { one.log.contains("orch sync --elect") }
    #expect(isSaid, "\(one.log)")
    try one.ok("sync", "--elect")
    try scratch.write("one/go", "")
    run.waitForEnd()
    #expect(run.terminationStatus == 0, "\(one.log)")
    try machines.expectAllMergedOnce(1)
    // The worker that was at it has finished it.
    #expect(try scratch.read("begun").split(separator: "\n").count == 1, "\(one.log)")
  }

  @Test func `is planned for by whoever looks, and keeps its machine's name`() async throws {
    let (machines, one, run) = try await atWork("At work")
    let name = try one.host()
    for _ in 0..<2 { try one.ok("run", "--plan") }
    #expect(try one.host() == name)
    try scratch.write("one/go", "")
    run.waitForEnd()
    try one.ok("run", "--plan")
    try one.ok("run", "--until-idle")
    #expect(try one.host() == name)
    try machines.expectAllMergedOnce(1)
    #expect(try scratch.read("begun").split(separator: "\n").count == 1, "\(one.log)")
  }

  @Test func `and has lost all that it knew of itself is ended, and gone on with once`()
    async throws
  {
    let (machines, one, run) = try await atWork("Begun under another name")
    kill(run.processIdentifier, SIGKILL)
    run.waitForEnd()
    // As a disk without power leaves them.
    for name in ["begun", "claims", "host"] {
      try scratch.write(one.repository + "/.git/orch/\(name).json", "")
    }
    let next = try one.start("run", "--until-idle")
    let isAgain = try await eventually(within: 120) {
      try scratch.read("begun").split(separator: "\n").count == 2
    }
    #expect(isAgain, "\(one.log)")
    // The first worker waits for ever.
    #expect(await eventually { one.supervisors() == 1 }, "\(one.log)")
    try scratch.write("one/go", "")
    next.waitForEnd()
    #expect(await eventually { one.processes() == [] })
    try machines.expectAllMergedOnce(1)
  }

  /// Puts a `git` before the real one, which is `$real`, on a machine's path; it first does something else.
  private func putGit(_ lines: String, before machine: inout Machine) throws {
    let git = try scratch.git("--exec-path") + "/git"
    try scratch.write("bin/git", "#!/bin/sh\nreal='\(git)'\n\(lines)\nexec \"$real\" \"$@\"\n")
    _ = try scratch.run(["chmod", "+x", scratch["bin/git"]])
    machine.programs = scratch["bin"]
  }

  /// Has the first push of the base wait before it begins, or after it has ended.
  private func holdPush(of machine: inout Machine, afterwards: Bool = false) throws {
    try putGit(
      """
      case " $* " in *" push "*:refs/heads/main*)
        if [ ! -e '\(scratch["held"])' ]; then
          \(afterwards ? "\"$real\" \"$@\"" : ":")
          code=$?
          touch '\(scratch["held"])'
          until [ -e '\(scratch["let-go"])' ]; do sleep 0.05; done
          \(afterwards ? "exit $code" : "")
        fi ;;
      esac
      """, before: &machine)
  }

  /// Somebody deletes the first machine's claim before the others can have heard of it: the second one's has the same
  /// token.
  @Test(arguments: [false, true])
  func `does not begin before the others can know of it`(isGone: Bool) async throws {
    var machines = try Machines(agent: Self.waits)
    try putGit(
      """
      case " $* " in *" push "*:refs/orch/state*)
        touch '\(scratch["tried"])'
        [ -e '\(scratch["go-on"])' ] || exit 1 ;;
      esac
      """, before: &machines.all[0])
    let (one, two) = (machines.all[0], machines.all[1])
    try two.ok("task", "add", "Contended", "--quiet")
    for machine in [two, one] { try machine.ok("sync") }
    let first = try one.start("run")
    // It has a claim, and more than one sync fails.
    for _ in 0..<3 {
      #expect(await eventually(within: 120) { scratch.exists("tried") }, "\(one.log)")
      try FileManager.default.removeItem(atPath: scratch["tried"])
    }
    kill(first.processIdentifier, SIGSTOP)
    try await delete(["refs/orch/claims"])
    let second = try two.start("run")
    let isTaken = try await eventually(within: 120) {
      try two.tasks().allSatisfy { $0["status"] == "done" }
    }
    #expect(isTaken, "\(two.log)")
    if isGone { try await delete(["refs/orch/claims", "refs/orch/hosts"]) }
    try scratch.write("go-on", "")
    kill(first.processIdentifier, SIGCONT)
    let isDone = try await eventually(within: 120) {
      try one.tasks().allSatisfy { $0["status"] == "done" }
    }
    #expect(isDone, "\(one.log)")
    stop([first, second])
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(1)
    #expect(try scratch.read("begun").split(separator: "\n").count == 1, "\(one.log)")
  }

  /// The first machine hears of the attempt that another one has begun before it can see that its own claim is gone.
  @Test func `under a claim that is gone, as it has not seen yet, takes nothing over`() async throws
  {
    var machines = try Machines(
      agent: Self.waits.replacingOccurrences(
        of: "*/one/home) while", with: "*) while"), claimSeconds: 60)
    // Once the token is public, no more of the state goes out; once the worker is there, no claims are seen.
    try putGit(
      """
      [ -e '\(scratch["go-on"])' ] || case " $* " in
        *" push "*:refs/orch/state*)
          [ ! -e '\(scratch["public"])' ] || exit 1
          "$real" "$@" || exit
          case " $* " in *:refs/orch/claims/*) touch '\(scratch["public"])' ;; esac
          exit 0 ;;
        *" push "*) ;;
        *" refs/orch/claims/"*) [ ! -e '\(scratch["begun"])' ] || exit 1 ;;
      esac
      """, before: &machines.all[0])
    let (one, two) = (machines.all[0], machines.all[1])
    let id = try two.ok("task", "add", "Contended", "--quiet")
    for machine in [two, one] { try machine.ok("sync") }
    let first = try one.start("run")
    #expect(await eventually(within: 120) { scratch.exists("begun") }, "\(one.log)")
    try await delete(["refs/orch/claims"])
    let second = try two.start("run")
    let isKnown = try await eventually(within: 120) {
      try one.tasks().first?["attempts"]?.array?.count == 2
    }
    #expect(isKnown, "\(one.log)\n\(two.log)")
    for number in 1...5 {
      try one.ok("task", "edit", id, "--label", "label\(number)", "--quiet")
      _ = await eventually(within: 1) { false }
    }
    #expect(!one.log.contains("taken over"), "\(one.log)")
    try scratch.write("one/go", "")
    try scratch.write("two/go", "")
    let isDone = try await eventually(within: 120) {
      try two.tasks().allSatisfy { $0["status"] == "done" }
    }
    #expect(isDone, "\(two.log)")
    try scratch.write("go-on", "")
    stop([first, second])
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(1)
  }

  /// The first machine sleeps while the second takes its task over and merges it; before that one can say so it sleeps,
  /// too, and somebody deletes all claims and heartbeats: the first one's claim has not been taken, it is gone.
  @Test func `whose claim is gone while another one has merged the task is not published`()
    async throws
  {
    var machines = try Machines(agent: Self.waits)
    try holdPush(of: &machines.all[1], afterwards: true)
    let (one, two) = (machines.all[0], machines.all[1])
    try one.ok("task", "add", "Contended", "--quiet")
    try one.ok("sync")
    let first = try one.start("run")
    #expect(await eventually(within: 120) { scratch.exists("begun") }, "\(one.log)")
    try one.ok("sync")
    kill(first.processIdentifier, SIGSTOP)
    let second = try two.start("run")
    #expect(await eventually(within: 120) { scratch.exists("held") }, "\(two.log)")
    kill(second.processIdentifier, SIGSTOP)
    #expect(try machines.merges().count == 1)
    try await delete(["refs/orch/claims", "refs/orch/hosts"])
    try scratch.write("one/go", "")
    kill(first.processIdentifier, SIGCONT)
    let isDone = try await eventually(within: 120) {
      try one.tasks().allSatisfy { $0["status"] == "done" }
    }
    #expect(isDone, "\(one.log)")
    try scratch.write("let-go", "")
    kill(second.processIdentifier, SIGCONT)
    stop([first, second])
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(1)
  }

  @Test(arguments: ["as usual", "without atomic pushes", "with the state at another remote"])
  func `that was stopped in the middle of its last push is merged once`(
    remote: String
  ) async throws {
    var machines = try Machines()
    if remote == "without atomic pushes" {
      try scratch.git("config", "receive.advertiseAtomic", "false", in: "origin.git")
    }
    if remote == "with the state at another remote" {
      try scratch.git("init", "-q", "--bare", scratch["state.git"])
      for (number, machine) in machines.all.enumerated() {
        try scratch.git("remote", "add", "state", scratch["state.git"], in: machine.repository)
        try machine.ok("sync", "--remote", "state")
        if number == 0 { try machine.ok("sync", "--remote", "state", "--elect") }
        try machine.configure("remote: state")
      }
    }
    try holdPush(of: &machines.all[0])
    let (one, two) = (machines.all[0], machines.all[1])
    try one.ok("task", "add", "Late", "--quiet")
    try one.ok("sync")
    try two.ok("sync")
    let first = try one.start("run", "--until-idle")
    #expect(await eventually(within: 120) { scratch.exists("held") }, "\(one.log)")
    // The whole machine sleeps, but for the push that it has begun.
    kill(first.processIdentifier, SIGSTOP)
    let second = try two.start("run")
    let isTaken = try await eventually(within: 120) { try machines.merges().count == 1 }
    #expect(isTaken, "\(two.log)")
    try scratch.write("let-go", "")
    kill(first.processIdentifier, SIGCONT)
    first.waitForEnd()
    stop([second])
    for machine in machines.all { try machine.ok("run", "--until-idle") }
    try machines.expectAllMergedOnce(1)
  }
}
