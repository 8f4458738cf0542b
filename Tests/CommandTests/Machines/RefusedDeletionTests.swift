import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A remote that keeps merged branches`
{
  let scratch = Scratch.current

  private func hook(_ name: String, _ body: String) throws {
    let path = try scratch.write("origin.git/hooks/" + name, "#!/bin/sh\n" + body)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  /// Does something to each branch of a task when the base moves; `$new` is its head then.
  private func onMerge(_ body: String) throws {
    try hook(
      "post-receive",
      """
      while read -r old new name; do
        [ "$name" = refs/heads/main ] || continue
        for branch in $(git for-each-ref --format='%(refname)' refs/heads/orch); do
          \(body)
        done
      done
      """)
  }

  private func branches() throws -> [String] {
    try scratch.git("for-each-ref", "--format=%(refname)", "refs/heads/orch", in: "origin.git")
      .split(separator: "\n").map(String.init)
  }

  private func doOne() throws -> (machine: Machine, id: String, all: Machines) {
    let machines = try Machines(["one"])
    let machine = machines.all[0]
    return (machine, try machine.ok("task", "add", "One", "--quiet"), machines)
  }

  /// As while another push holds `packed-refs.lock`, or the server packs its references.
  @Test func `for an instant is asked again`() throws {
    let (machine, id, machines) = try doOne()
    try hook(
      "update",
      """
      case $1,$3 in refs/heads/orch/*,*[!0]*) exit 0 ;; refs/heads/orch/*) ;; *) exit 0 ;; esac
      echo refused >> '\(scratch["refusals"])'
      [ "$(wc -l < '\(scratch["refusals"])')" -gt 2 ]
      """)
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    #expect(try scratch.read("refusals") == "refused\nrefused\nrefused\n")
    #expect(try !machine.ok("task", "log", id).contains("does not let"))
  }

  @Test func `for good is told of, and the task is done`() throws {
    let (machine, id, _) = try doOne()
    try scratch.git("config", "receive.denyDeletes", "true", in: "origin.git")
    try machine.ok("run", "--until-idle")
    #expect(try machine.tasks().map { $0["status"] } == ["done"])
    #expect(try branches().count == 1)
    let story = try machine.ok("task", "log", id)
    #expect(story.contains("the remote does not let 'orch/"), "\(story)")
    // Once is enough.
    try machine.ok("run", "--until-idle")
    #expect(try machine.ok("task", "log", id) == story)
  }

  @Test func `because somebody pushed to one keeps what was pushed`() throws {
    let (machine, id, _) = try doOne()
    try onMerge(
      """
      late=$(echo late | GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@localhost GIT_COMMITTER_NAME=x \\
        GIT_COMMITTER_EMAIL=x@localhost git commit-tree "$branch^{tree}" -p "$branch")
      git update-ref "$branch" "$late"
      """)
    try machine.ok("run", "--until-idle")
    #expect(try machine.tasks().map { $0["status"] } == ["done"])
    let left = try #require(try branches().first)
    #expect(try scratch.git("log", "-1", "--format=%s", left, in: "origin.git") == "late")
    let story = try machine.ok("task", "log", id)
    #expect(story.contains("it was pushed to after its merge"), "\(story)")
  }

  /// As where another machine has rebased and merged it, and died before it could say so.
  @Test func `at a commit that the base has lets go of it`() throws {
    let (machine, id, machines) = try doOne()
    try onMerge(#"git update-ref "$branch" "$new""#)
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
    #expect(try !machine.ok("task", "log", id).contains("stays at the remote"))
  }
}
