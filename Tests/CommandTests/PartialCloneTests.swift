import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `A clone that has left files at its remote` {
  let scratch = Scratch.current

  @Test func `is rebased in, and looked at by the radar, as any other`() throws {
    let play = try Playground(
      files: ["a.txt": ConflictPlayground.lines],
      agent: """
        cat > /dev/null
        sed -i 's/^line 2$/line 2 of the branch/' a.txt
        git commit -qam "$ORCH_TASK_TITLE"
        printf '{"status":"done","summary":"s"}' > "$ORCH_OUTPUT"
        """, settings: "forge:\n  merge: never\n")
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
      try scratch.git("--git-dir", scratch["origin.git"], "config", key, "true")
    }
    _ = try scratch.run(["mv", scratch["repo"], scratch["full"]])
    try scratch.git(
      "clone", "-q", "--filter=blob:none", "file://" + scratch["origin.git"], scratch["repo"])
    try scratch.write("repo/.orch.yml", try scratch.read("full/.orch.yml"))
    try play.ok("init")
    try play.ok("task", "add", "Edit", "--quiet")
    try play.ok("run", "--until-idle")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["somebody"])
    for line in [8, 9] {
      _ = try scratch.run(
        ["sed", "-i", "s/^line \(line)$/line \(line) of the base/", scratch["somebody/a.txt"]])
      try scratch.git("commit", "-qam", "move", in: "somebody")
    }
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    try scratch.git(
      "fetch", "-q", "origin", "+refs/heads/main:refs/orch/remotes/origin/heads/main", in: "repo")
    #expect(try play.ok("radar").contains("no collision"))
    #expect(try !play.ok("radar").contains("cannot be looked at"))
    let rows = try JSONValue(parsing: play.ok("pr", "rebase", "--all", "--json")).array ?? []
    #expect(rows.map { $0["result"]?.string } == ["rebased"], "\(rows)")
    let branch = try #require(try play.tasks().first?["branch"]?.string)
    let text = try scratch.git("--git-dir", scratch["origin.git"], "show", branch + ":a.txt")
    #expect(text.contains("line 2 of the branch") && text.contains("line 9 of the base"))
    // So it is in a run, whose first try finds what is missing.
    _ = try scratch.run(["sed", "-i", "s/^line 6$/line 6 of the base/", scratch["somebody/a.txt"]])
    try scratch.git("commit", "-qam", "move", in: "somebody")
    try scratch.git("push", "-q", "origin", "main", in: "somebody")
    try play.ok("run", "--until-idle")
    let after = try scratch.git("--git-dir", scratch["origin.git"], "show", branch + ":a.txt")
    #expect(after.contains("line 2 of the branch") && after.contains("line 6 of the base"))
  }
}
