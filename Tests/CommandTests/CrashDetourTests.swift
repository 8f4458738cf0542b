import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `Killing the orchestrator after the events of a detour` {
  let scratch = Scratch.current

  /// What is written when work does not go straight to its merge.
  private static let kinds: Set<String> = [
    "attempt.failed", "attempt.interrupted", "task.blocked", "task.needs_review", "task.checkpoint",
    "task.unblocked", "task.finished", "task.cancelled", "pr.approved", "pr.resumed",
  ]
  /// Those of them that a person's command writes.
  private static let personal: Set<String> = [
    "task.unblocked", "task.cancelled", "pr.approved", "pr.resumed",
  ]
  /// More kills than the tasks below can need.
  private static let maximumKills = 200
  private static let maximumRounds = 6

  private static let agent = """
    cat > /dev/null
    echo "$ORCH_TASK_ID $ORCH_ATTEMPT" >> "$HOME/../runs"
    done_file="$HOME/../again-$ORCH_TASK_ID"
    first() { [ ! -e "$done_file" ] && : > "$done_file"; }
    result() { printf '{"status":"%s","summary":"%s"}' "$1" "$2" > "$ORCH_OUTPUT"; }
    case "$ORCH_TASK_TITLE" in
    "Fails once") if first; then exit 1; fi ;;
    "Fails always") exit 1 ;;
    "Asks") if first; then result needs_review "which one?"; exit 0; fi ;;
    "Waits") if first; then : > "$HOME/../waits"; while :; do sleep 0.05; done; fi ;;
    "Says where it is")
      orch checkpoint "half way, attempt $ORCH_ATTEMPT"
      for _ in $(seq 200); do
        git log --format=%s refs/orch/state | grep -q "^$(echo "$ORCH_TASK_ID" | cut -c1-6) progress" && break
        sleep 0.05
      done ;;
    "Looks") result done "nothing to change"; exit 0 ;;
    "Is never green") [ "$ORCH_PURPOSE" = work ] || { result done "no idea"; exit 0; }; : > bad ;;
    esac
    echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID"
    git add -A
    git diff --cached --quiet || git commit -qm "$ORCH_TASK_TITLE" # an attempt before it may have
    result done "did it"
    """

  private var state: String {
    get throws { try scratch.read("repo/.git/refs/orch/state") }
  }

  /// The kind of the newest event; a commit of nothing but checkpoints has only a subject.
  private func lastEvent() throws -> String {
    let format = "--format=%(trailers:key=Orch-Event,valueonly)%s"
    let text = try scratch.git("log", "-1", format, "refs/orch/state", in: "repo")
    let lines = text.split(separator: "\n").map(String.init)
    return lines.count == 1 && lines[0].hasSuffix(" progress") ? "task.checkpoint" : lines[0]
  }

  /// True once a process does not simply die of an interrupt.
  private func listens(_ process: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let caught = status?.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let bits = caught.flatMap {
      UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
    }
    return (bits ?? 0) & 1 << (SIGINT - 1) != 0
  }

  /// The next thing that a person does, if something waits for one; nothing is done twice.
  private func nextAct(_ play: Playground, _ once: inout Set<String>) throws -> [String]? {
    for task in try play.tasks() {
      guard let id = task["id"]?.string, let title = task["title"]?.string else { continue }
      let isNew = { (once: inout Set<String>, what: String) in once.insert(what + id).inserted }
      switch (task["status"]?.string, title) {
      case ("in_review", _)
      where task["pull_request"]?["state"] == "green" && isNew(&once, "approve"):
        return ["pr", "approve", id]
      case ("needs_review", "Asks"), ("needs_review", "Is never green"):
        if isNew(&once, "unblock") { return ["task", "unblock", id] }
        if title == "Is never green", isNew(&once, "cancel") { return ["task", "cancel", id] }
      default: continue
      }
    }
    return nil
  }

  /// Starts an orchestrator and what a person does, and kills the orchestrator after the next event, or the person's;
  /// returns that event, nil if the orchestrator ended before.
  private func killOnce(_ play: Playground, _ act: [String]?, interrupts: Bool) throws -> String? {
    var known = try state
    let run = try play.start(["run", "--jobs", "2"] + (act == nil ? ["--until-idle"] : []))
    let person = try act.map {
      try scratch.start([BuiltProgram.orch] + $0, in: "repo", log: "act.log")
    }
    var asks = ContinuousClock.now
    while run.isRunning {
      if interrupts, scratch.exists("waits"), listens(run.processIdentifier), asks <= .now {
        kill(run.processIdentifier, SIGINT)
        asks = .now + .seconds(1)  // like a person who sees that nothing happens
      }
      _ = poll(nil, 0, 1)
      let now = try state
      if now == known, person?.isRunning ?? true { continue }
      known = now
      // Nothing more is written while this looks.
      kill(run.processIdentifier, SIGSTOP)
      guard let person, person.isRunning, try !Self.personal.contains(lastEvent()) else { break }
      kill(run.processIdentifier, SIGCONT)
    }
    let isKilled = run.isRunning && kill(run.processIdentifier, SIGKILL) == 0
    run.waitForEnd()
    let last = isKilled ? try lastEvent() : nil
    person?.waitForEnd()
    if let person, person.terminationStatus != 0 { Issue.record("\(try scratch.read("act.log"))") }
    return last
  }

  /// A set of tasks brought to its end by orchestrators that are killed after an event each.
  private func killOnTheWay(_ play: Playground, _ seen: inout Set<String>) throws {
    for title in [
      "Fails once", "Fails always", "Asks", "Waits", "Says where it is", "Is never green",
    ] {
      try play.ok("task", "add", title)
    }
    try play.ok("task", "add", "Looks", "--kind", "retrospective")
    try? FileManager.default.removeItem(atPath: scratch["waits"])
    var once: Set<String> = []
    for _ in 0..<Self.maximumKills {
      let act = try nextAct(play, &once)
      let last = try killOnce(play, act, interrupts: act == nil && !once.contains("interrupt"))
      if let last { seen.insert(last) }
      let tasks = try play.tasks()
      let waiting = tasks.last { $0["title"] == "Waits" }
      if waiting?["attempts"]?.array?.first?["outcome"] == "interrupted" {
        once.insert("interrupt")
      }
      let isSettled = tasks.allSatisfy {
        ["done", "blocked", "cancelled"].contains($0["status"]?.string)
      }
      if last == nil, isSettled { return }
    }
    Issue.record("not settled after \(Self.maximumKills) kills: \(try play.ok("status"))")
  }

  @Test func `loses nothing, doubles nothing, and leaves no attempt without an end`() throws {
    let play = try Playground(
      agent: Self.agent,
      settings: """
          max_attempts: 3
          max_repair_tries: 1
          max_check_reruns: 0
        forge: {merge: when-approved}
        checks:
          - name: good
            command: "test ! -e bad || { echo 'error: bad'; exit 1; }"
        """)
    try play.ok("init")
    var seen: Set<String> = []
    // Some events last for a millisecond only: they come again until each was the last one before a kill.
    for _ in 0..<Self.maximumRounds where !Self.kinds.isSubset(of: seen) {
      try killOnTheWay(play, &seen)
    }
    try play.ok("run", "--until-idle")
    #expect(Self.kinds.subtracting(seen) == [], "never killed after these")
    try expectOneOfEverything(play)
  }

  private func expectOneOfEverything(_ play: Playground) throws {
    let tasks = try play.tasks()
    for task in tasks {
      let wanted =
        switch task["title"]?.string {
        case "Fails always": "blocked"
        case "Is never green": "cancelled"
        default: "done"
        }
      let log =
        task["status"]?.string == wanted ? "" : try play.ok("task", "log", task["id"]?.string ?? "")
      #expect(task["status"]?.string == wanted, "\(task.indentedText)\n\(log)")
      for attempt in task["attempts"]?.array ?? [] {
        #expect(attempt["ended_at"] != nil, "no end: \(attempt.indentedText)")
      }
    }
    let runs = try scratch.read("runs").split(separator: "\n")
    #expect(Set(runs).count == runs.count, "an attempt ran twice")
    for (title, count) in [("Fails always", 3), ("Asks", 2)] {
      for task in tasks where task["title"]?.string == title {
        // The interrupt stops whatever runs beside the task that it waits for; that is no try.
        let tries = task["attempts"]?.array?.count { $0["outcome"] != "interrupted" }
        #expect(tries == count, "\(task.indentedText)")
      }
    }
    try scratch.git("fetch", "-q", "origin", in: "repo")
    let files = try scratch.git("ls-tree", "--name-only", "origin/main", in: "repo")
    #expect(
      files.split(separator: "\n").count { $0.hasPrefix("file-") }
        == tasks.count { $0["status"] == "done" && $0["kind"] == "implement" }, "\(files)")
    #expect(try play.leftovers() == [])
    // What was pushed of a cancelled task stays for whoever wants it.
    let branches = try scratch.git("ls-remote", "origin", "refs/heads/orch/*", in: "repo")
    let cancelled = tasks.filter { $0["status"] == "cancelled" }.compactMap { $0["branch"]?.string }
    #expect(
      Set(branches.split(separator: "\n").compactMap { $0.split(separator: "\t").last })
        == Set(cancelled.map { Substring("refs/heads/" + $0) }))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}
