import Foundation
import JSON
import TestSupport

/// A repository in which the blocks of a page are run, by a shell that finds git, orch, and the agents that a page names.
struct PageYard {
  let yard: HookYard
  var scratch: Scratch { yard.scratch }
  var play: Playground { yard.play }

  /// The names that stand for tasks and lessons in the manual, in the order in which a block gets them.
  static let placeholders = ["8d5c", "77aa", "3e1f", "4b9d"]

  /// Plans two parts, asks, fails or waits as a title wants it, and does everything else by writing a file.
  static let agent = """
    cat > /dev/null
    case "$ORCH_TASK_TITLE" in
      *\\?) if [ "$ORCH_ATTEMPT" = 1 ]; then
          printf '{"status":"needs_review","needs_help":true,"reason":"Red or blue?"}' > "$ORCH_OUTPUT"
          exit 0
        fi ;;
      Fail*) echo "it cannot be done" >&2; exit 3 ;;
      Slow*) while [ ! -e "$HOME/../go" ]; do sleep 0.1; done ;;
    esac
    if [ "$ORCH_TASK_KIND" = spec ] && [ "$ORCH_PURPOSE" != resume ]; then
      printf '%s' '{"status":"done","summary":"two parts","delegations":[
        {"title":"Add the new store","body":"b"},
        {"title":"Use the new store","body":"b","labels":["after:1"]}]}' > "$ORCH_OUTPUT"
      exit 0
    fi
    if [ "$ORCH_TASK_KIND" != spec ]; then
      mkdir -p Sources
      seq 1 60 > Sources/Login.swift
      echo x > "file-$ORCH_TASK_ID"
      git add -A
      git commit -qm "$ORCH_TASK_TITLE"
    fi
    printf '{"status":"done","summary":"did it"}' > "$ORCH_OUTPUT"
    """

  /// Makes the repository; `settings` begin in the section `workflow`.
  init(settings: String) throws {
    yard = try HookYard(
      settings: settings, installing: false, agent: Self.agent,
      files: ["README.md": "hello\n", "Makefile": "test:\n\t@echo tested\n"])
    try scratch.git("branch", "-q", "--set-upstream-to=origin/main", in: "repo")
    try yard.ok("init")
    try Self.prepare(scratch)
  }

  /// Puts the programs that a page names on PATH: orch, which knows what the names of the page stand for, and an agent that
  /// is done at once.
  static func prepare(_ scratch: Scratch) throws {
    try FileManager.default.createDirectory(
      atPath: scratch["names"], withIntermediateDirectories: true)
    if scratch.exists("bin/orch") {
      try FileManager.default.removeItem(atPath: scratch["bin/orch"])
    }
    try program(
      scratch, "orch",
      """
      names='\(scratch["names"])'
      for word in "$@"; do
        shift
        if [ -f "$names/$word" ]; then word=$(cat "$names/$word"); fi
        set -- "$@" "$word"
      done
      case "$1 $2" in
      "task add" | "task plan") ;;
      *) exec '\(BuiltProgram.orch)' "$@" ;;
      esac
      out=$('\(BuiltProgram.orch)' "$@") || exit $?
      printf '%s\\n' "$out"
      for name in \(placeholders.joined(separator: " ")); do
        [ -f "$names/$name" ] || { printf %s "${out%% *}" > "$names/$name"; break; }
      done
      """)
    try program(scratch, "claude", "echo \"seat: $ORCH_SEAT\"")
  }

  private static func program(_ scratch: Scratch, _ name: String, _ body: String) throws {
    let path = try scratch.write("bin/\(name)", "#!/bin/sh\n\(body)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  /// Says what a name of the page stands for.
  func bind(_ name: String, _ value: String) throws { try scratch.write("names/\(name)", value) }

  /// What a name of the page stands for.
  func value(_ name: String) throws -> String { try scratch.read("names/\(name)") }

  /// Forgets every name and cancels what is open: the next block begins anew.
  func clear() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: scratch["names"]) {
      try FileManager.default.removeItem(atPath: scratch["names/\(name)"])
    }
    if scratch.exists("go") { try FileManager.default.removeItem(atPath: scratch["go"]) }
    let ends = ["done", "cancelled"]
    for task in try play.tasks() where !ends.contains(task["status"]?.string ?? "") {
      try play.ok("task", "cancel", task["id"]?.string ?? "")
    }
  }

  /// A task that a name of the page stands for, and what became of it when nothing was left to do.
  @discardableResult
  func task(_ name: String, _ title: String, kind: String = "implement") throws -> String {
    let id = try play.ok("task", "add", title, "--kind", kind, "--quiet")
    try bind(name, id)
    try play.ok("run", "--until-idle")
    return id
  }

  /// Runs a block as a person would who types it.
  func run(_ text: String) throws -> CommandResult {
    var block = text.replacingOccurrences(
      of: "https://example.invalid/repository.git", with: scratch["origin.git"])
    if let id = try? value("8d5caf123456") {
      block = block.replacingOccurrences(of: "8d/8d5caf123456", with: "\(id.prefix(2))/\(id)")
    }
    return try scratch.run(["sh", "-euc", block], in: "repo", environment: yard.environment)
  }
}
