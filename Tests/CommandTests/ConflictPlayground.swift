import Foundation
import JSON
import TestSupport
import Testing

/// A task whose branch conflicts with the base, because somebody moves the base while its worker works.
struct ConflictPlayground {
  let play: Playground
  let scratch = Scratch.current

  static let lines = (1...9).map { "line \($0)\n" }.joined()

  /// `work` is what the first worker does to the files; `moves` are what somebody pushes to the base
  /// meanwhile; `rebase` is the body of the worker that settles the conflict, a shell script.
  ///
  /// Scripts have `$top`, the scratch directory, and `$n`, the number of the attempt.
  init(
    files: [String: String] = [
      "a.txt": ConflictPlayground.lines, "other.txt": ConflictPlayground.lines,
    ],
    work: String = "sed -i 's/^line 5$/line 5 of the branch/' a.txt",
    moves: String = "sed -i 's/^line 5$/line 5 of the base/' a.txt", rebase: String,
    settings: String = ""
  ) throws {
    play = try Playground(
      files: files,
      agent: """
        top="$HOME/.."
        n=$ORCH_ATTEMPT
        cat > "$top/prompt-$ORCH_TASK_TITLE-$n"
        git --git-dir="$top/origin.git" rev-parse --verify --quiet "refs/heads/$ORCH_BRANCH" \\
          > "$top/pushed-$ORCH_TASK_TITLE-$n" || true
        summary() { printf '{"status":"done","summary":"%s"}' "$1" > "$ORCH_OUTPUT"; }
        if [ "$ORCH_PURPOSE" = rebase ]; then
        \(rebase)
        else
        \(work)
        git add -A
        git commit -qm "work of $ORCH_TASK_TITLE"
        sh "$top/move.sh"
        summary worked
        fi
        """, settings: settings)
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    try scratch.write(
      "move.sh",
      """
      set -eu
      cd "$HOME/../somebody"
      mkdir ../moved 2> /dev/null || exit 0
      \(moves)
      git add -A
      git commit -qm "move the base"
      git push -q origin main
      """)
  }

  /// Runs one task to where nothing goes on without a person; returns it as JSON.
  func run(_ title: String = "Edit") throws -> JSONValue {
    let id = try play.ok("task", "add", title, "--quiet")
    try play.ok("run", "--until-idle")
    return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
  }

  /// A file of the base at the remote.
  func base(_ file: String) throws -> String {
    try scratch.git("--git-dir", scratch["origin.git"], "show", "main:\(file)")
  }

  /// A file that orch keeps of an attempt, beside the task's log in the state.
  func record(_ name: String, of task: JSONValue, attempt: Int) throws -> String {
    let id = try #require(task["id"]?.string)
    let folder = "tasks/\(id.prefix(2))/\(id)/attempts/"
    let names = try scratch.git(
      "ls-tree", "-r", "--name-only", "refs/orch/state", folder, in: "repo")
    let token = try #require(task["attempts"]?.array?[attempt - 1]["token"]?.int)
    let path = try #require(
      names.split(separator: "\n").first {
        $0.hasPrefix("\(folder)\(token)-") && $0.hasSuffix("/" + name)
      })
    return try scratch.git("show", "refs/orch/state:\(path)", in: "repo")
  }

  /// Settles line 5 of `a.txt` for both sides, and goes on as git asks for it.
  static let keepsBoth = """
    sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
    git add a.txt
    git rebase --continue > /dev/null
    summary settled
    """
}

extension JSONValue {
  /// What the attempts of a task were for.
  var purposes: [String?] { self["attempts"]?.array?.map { $0["purpose"]?.string } ?? [] }
  /// The errors of a task's attempts, empty where one had none.
  var errors: [String] { self["attempts"]?.array?.map { $0["error"]?.string ?? "" } ?? [] }
}
