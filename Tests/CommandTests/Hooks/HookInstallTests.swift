import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Hooks in all kinds of repositories`
{
  let scratch = Scratch.current

  private func executable(_ path: String, _ text: String) throws {
    let file = try scratch.write(path, text)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  }

  @Test func `installed, shown, proven by git, and taken away without a trace`() throws {
    let yard = try HookYard(installing: false)
    try yard.ok("task", "add", "Something")
    let hooks = try yard.snapshot("repo/.git/hooks")
    let configuration = try scratch.read("repo/.git/config")
    let exclude = try? scratch.read("repo/.git/info/exclude")
    #expect(try yard.status().values.allSatisfy { $0["state"] == "missing" })
    for _ in 0..<2 { try yard.ok("hooks", "install") }
    let status = try yard.status()
    #expect(status.count == 6)
    #expect(status.values.allSatisfy { $0["state"] == "installed" && $0["proven"] == true })
    for _ in 0..<2 { try yard.ok("hooks", "uninstall") }
    #expect(try yard.snapshot("repo/.git/hooks") == hooks)
    #expect(try scratch.read("repo/.git/config") == configuration)
    #expect((try? scratch.read("repo/.git/info/exclude")) == exclude)
    #expect(try yard.git("status", "--porcelain") == "?? .orch.yml\n")
  }

  @Test func `orch init --hooks installs them`() throws {
    let yard = try HookYard(installing: false)
    try yard.ok("init", "--hooks")
    #expect(try yard.status().values.allSatisfy { $0["proven"] == true })
  }

  @Test func `without orch on PATH git works on, in silence`() throws {
    let yard = try HookYard()
    let path = ["PATH": "/usr/bin:/bin"]
    try scratch.write("repo/a", "// TODO(orch): unseen\n")
    #expect(try yard.git("add", "-A", environment: path) == "")
    #expect(try yard.git("commit", "-qm", "x\n\nOrch-Task: unseen\n", environment: path) == "")
    #expect(try yard.git("push", "-q", "origin", "main", environment: path) == "")
    #expect(
      try yard.git("commit", "-q", "--amend", "--no-edit", "--allow-empty", environment: path) == ""
    )
    #expect(try yard.titles() == [])
    let status = try scratch.run(
      [BuiltProgram.orch, "hooks", "status"], in: "repo", environment: path)
    #expect(status.output.contains("the program 'orch' was not found"), "\(status)")
  }

  @Test func `in a folder with spaces, from a linked worktree, and with a git directory elsewhere`()
    throws
  {
    var yard = try HookYard(installing: false)
    try FileManager.default.moveItem(
      atPath: scratch["repo"], toPath: scratch["my 'own' repo"])
    yard.repo = "my 'own' repo"
    try yard.ok("hooks", "install")
    #expect(try yard.status().values.allSatisfy { $0["proven"] == true })
    try yard.commit("x\n\nOrch-Task: With spaces\n")
    try yard.git("worktree", "add", "-q", "-b", "linked", scratch["linked tree"])
    try yard.git(
      "commit", "-q", "--allow-empty", "-m", "x\n\nOrch-Task: Linked\n", in: "linked tree")
    #expect(try yard.status(in: "linked tree").values.allSatisfy { $0["proven"] == true })
    try yard.git(
      "--git-dir", scratch["my 'own' repo/.git"], "--work-tree", scratch["my 'own' repo"], "commit",
      "-q", "--allow-empty", "-m", "x\n\nOrch-Task: From afar\n", in: ".")
    #expect(try yard.titles() == ["From afar", "Linked", "With spaces"])
    try yard.ok("hooks", "uninstall", in: "linked tree")
    #expect(try yard.status().values.allSatisfy { $0["state"] == "missing" })
  }

  @Test func `husky: its hooks run as before, and a commit makes exactly one task`() throws {
    let yard = try HookYard(installing: false)
    // As husky 9 lays it out: a folder that it ignores, in which every hook reads one file.
    try scratch.write("repo/.husky/_/.gitignore", "*\n")
    try scratch.write(
      "repo/.husky/_/h",
      """
      #!/usr/bin/env sh
      n=$(basename "$0")
      s=$(dirname "$(dirname "$0")")/$n
      [ ! -f "$s" ] && exit 0
      sh -e "$s" "$@"
      c=$?
      [ $c != 0 ] && echo "husky - $n script failed (code $c)"
      exit $c
      """)
    for name in ["post-commit", "pre-commit", "pre-push", "post-merge", "post-checkout"] {
      try executable(
        "repo/.husky/_/\(name)", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"")
    }
    try scratch.write("repo/.husky/post-commit", "echo ran >> '\(scratch["husky.log"])'\n")
    try yard.git("config", "core.hooksPath", ".husky/_")
    try yard.git("add", "-A")
    let before = try yard.snapshot("repo/.husky")
    let exclude = try? scratch.read("repo/.git/info/exclude")
    try yard.ok("hooks", "install")
    let status = try yard.status()
    #expect(status["post-commit"]?["state"] == "chained")
    #expect(status.values.allSatisfy { $0["proven"] == true })
    #expect(!scratch.exists("husky.log"), "a proof must not run the hooks of others")
    try yard.commit("x\n\nOrch-Task: Once\n")
    #expect(try scratch.read("husky.log") == "ran\n")
    #expect(try yard.titles() == ["Once"])
    #expect(try yard.git("status", "--porcelain") == "")
    try yard.ok("hooks", "uninstall")
    #expect(try yard.snapshot("repo/.husky") == before)
    #expect((try? scratch.read("repo/.git/info/exclude")) == exclude)
  }

  @Test func `pre-commit and lefthook in git's own folder run as before`() throws {
    let yard = try HookYard(installing: false)
    try executable(
      "repo/.git/hooks/pre-push",
      """
      #!/usr/bin/env bash
      # File generated by pre-commit: https://pre-commit.com
      ARGS=(hook-impl --hook-type=pre-push)
      HERE="$(cd "$(dirname "$0")" && pwd)"
      ARGS+=(--hook-dir "$HERE" -- "$@")
      echo "${ARGS[@]}" >> '\(scratch["log"])'; wc -l >> '\(scratch["log"])'
      [ -e '\(scratch["refuse"])' ] && exit 1 || exit 0
      """)
    try executable(
      "repo/.git/hooks/post-commit",
      "#!/bin/sh\ncall_lefthook()\n{\n  echo \"lefthook $@\" >> '\(scratch["log"])'\n}\n"
        + "call_lefthook run \"post-commit\" \"$@\"\n")
    let before = try yard.snapshot("repo/.git/hooks")
    try yard.ok("hooks", "install")
    try yard.commit("x\n\nOrch-Task: One\n")
    try yard.git("push", "-q", "origin", "main")
    let log = try scratch.read("log")
    #expect(log.contains("lefthook run post-commit\n"))
    #expect(log.contains("--hook-dir \(scratch["repo"])/.git/hooks -- origin "))
    #expect(log.hasSuffix("\n1\n"), "it got the lines that git gives: \(log)")
    #expect(try yard.titles() == ["One"])
    // A hook that refuses still refuses.
    try scratch.write("refuse", "")
    try yard.commit("y")
    let refused = try scratch.run(
      ["git", "push", "origin", "main"], in: "repo", environment: yard.environment)
    #expect(refused.exitCode != 0)
    try yard.ok("hooks", "uninstall")
    #expect(try yard.snapshot("repo/.git/hooks") == before)
  }

  @Test func `a folder of tracked hooks is used, and what is tracked is not touched`() throws {
    let yard = try HookYard(installing: false)
    try executable("repo/tools/hooks/post-commit", "#!/bin/sh\nexit 0\n")
    try yard.git("add", "-A")
    try yard.git("commit", "-qm", "hooks")
    try yard.git("config", "core.hooksPath", "tools/hooks")
    let result = try yard.orch("hooks", "install")
    #expect(result.exitCode == 1)
    #expect(result.errorOutput.contains("is a tracked file of the repository"), "\(result)")
    #expect(result.errorOutput.contains("orch hook post-commit \"$@\" || :"))
    #expect(try yard.git("status", "--porcelain") == "")
    #expect(try yard.status()["pre-push"]?["proven"] == true)
    // With the line that was given, it works.
    try executable(
      "repo/tools/hooks/post-commit",
      "#!/bin/sh\ncommand -v orch >/dev/null && orch hook post-commit \"$@\" || :\n")
    try yard.commit("x\n\nOrch-Task: By hand\n")
    #expect(try yard.titles() == ["By hand"])
    #expect(try yard.status()["post-commit"]?["state"] == "calling")
    try yard.ok("hooks", "install")
    try yard.ok("hooks", "uninstall")
    #expect(try yard.git("status", "--porcelain") == "")
    #expect(!scratch.exists("repo/tools/hooks/pre-push"))
  }

  @Test func `a folder that other repositories use is left alone, with words on what to do`() throws
  {
    let yard = try HookYard(installing: false)
    try executable("shared/post-commit", "#!/bin/sh\nexit 0\n")
    try yard.git("config", "--global", "core.hooksPath", scratch["shared"])
    let result = try yard.orch("hooks", "install")
    #expect(result.exitCode == 1 && result.errorOutput.contains("other repositories use"))
    #expect(try yard.snapshot("shared").count == 1)
    try yard.git("config", "core.hooksPath", ".git/hooks")
    try yard.ok("hooks", "install")
    #expect(try yard.status().values.allSatisfy { $0["proven"] == true })
  }

  @Test func `a link to a folder elsewhere is left alone, too`() throws {
    let yard = try HookYard(installing: false)
    try executable("shared/post-commit", "#!/bin/sh\nexit 0\n")
    try FileManager.default.removeItem(atPath: scratch["repo/.git/hooks"])
    try FileManager.default.createSymbolicLink(
      atPath: scratch["repo/.git/hooks"], withDestinationPath: scratch["shared"])
    let result = try yard.orch("hooks", "install")
    #expect(result.exitCode == 1 && result.errorOutput.contains("is a link to"), "\(result)")
    #expect(try yard.snapshot("shared").count == 1)
  }

  @Test func `a folder of hooks that was missing is made, and is gone afterwards`() throws {
    let yard = try HookYard(installing: false)
    try FileManager.default.removeItem(atPath: scratch["repo/.git/hooks"])
    try yard.ok("hooks", "install")
    #expect(try yard.status().values.allSatisfy { $0["proven"] == true })
    try yard.ok("hooks", "uninstall")
    #expect(!scratch.exists("repo/.git/hooks"))
  }

  @Test func `replaced hooks and hooks that may not run are said by status and doctor`() throws {
    let yard = try HookYard()
    try executable("repo/.git/hooks/post-commit", "#!/bin/sh\necho x\n")
    try yard.ok("hooks", "install")
    try executable("repo/.git/hooks/post-commit", "#!/bin/sh\necho x\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: scratch["repo/.git/hooks/pre-push"])
    let status = try yard.status()
    #expect(status["post-commit"]?["state"] == "replaced")
    #expect(status["pre-push"]?["state"] == "not_executable")
    let doctor = try yard.orch("doctor")
    #expect(doctor.exitCode == 1 && doctor.output.contains("replaced by another hook"))
    try yard.ok("hooks", "install")
    #expect(try yard.status().values.allSatisfy { $0["proven"] == true })
  }

  @Test func `an unknown hook is refused in words`() throws {
    let yard = try HookYard(installing: false)
    let result = try yard.orch("hook", "pre-commit")
    #expect(result.exitCode == 64 && result.errorOutput.contains("none of orch's hooks"))
  }

  @Test func `a push takes the state along, and goes through when that cannot be sent`() throws {
    let yard = try HookYard()
    try yard.commit("x\n\nOrch-Task: Travels\n")
    #expect(try yard.git("push", "-q", "origin", "main") == "")
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "origin.git") == tip)
    // A state at the remote that is none of orch's cannot be joined; the push of code goes through.
    try scratch.git("update-ref", "refs/orch/state", "refs/heads/main", in: "origin.git")
    try yard.ok("task", "add", "More")
    try yard.commit("y")
    #expect(try yard.git("push", "-q", "origin", "main") == "")
    let head = try scratch.git("rev-parse", "HEAD", in: "repo")
    #expect(try scratch.git("rev-parse", "main", in: "origin.git") == head)
    #expect(try yard.orch("doctor").output.contains("pre-push:"))
  }

  @Test(arguments: ["../other.git", "file"])
  func `a push to an address, not to a remote, is none of the hook's business`(address: String)
    throws
  {
    let yard = try HookYard()
    try scratch.git("init", "-q", "--bare", scratch["other.git"])
    try yard.commit("x\n\nOrch-Task: Stays\n")
    let place = address == "file" ? "file://" + scratch["other.git"] : address
    #expect(try yard.git("push", "-q", place, "main") == "")
    #expect(try !yard.orch("doctor").output.contains("hooks failed"))
    #expect(try scratch.git("for-each-ref", "refs/orch", in: "other.git") == "")
  }

  @Test func `a merge and a checkout wake a running orch`() async throws {
    let yard = try HookYard()
    try yard.git("switch", "-qc", "side")
    try yard.commit("side", ["s": "s\n"])
    try yard.git("switch", "-q", "main")
    #expect(try scratch.run(["mkfifo", scratch["repo/.git/orch/bell"]]).exitCode == 0)
    let bell = try #require(FileHandle(forUpdatingAtPath: scratch["repo/.git/orch/bell"]))
    try yard.git("merge", "-q", "--no-edit", "--no-ff", "side")
    #expect(bell.availableData.contains(2))
    try yard.git("switch", "-q", "side")
    #expect(bell.availableData.contains(2))
    try yard.git("rebase", "-q", "--force-rebase", "main~1")
    #expect(bell.availableData.contains(2))
    try yard.commit("x\n\nOrch-Task: Rings\n")
    #expect(bell.availableData.contains(1))
  }
}
