import Git2
import Worktrees

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// One operation on a worktree in a process of its own, so that tests can kill it at any moment.
//
//   worktree-fixture create|take|release|remove|move|commit|restore|lay-out REPOSITORY PATH NAME BRANCH COMMIT [COMMIT]
//
// The git program is never asked: repositories with filters are not for it.
let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 6, let commit = ObjectID(hex: words[5]) else { exit(64) }
let worktree = Worktree(path: words[2], name: words[3], branch: words[4])
let actor = try RepositoryActor(at: words[1])
let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)
struct NoGit: Error {}
let git: GitRunner = { _, _, _ in throw NoGit() }

switch words[0] {
case "create":
  try await WorktreeStore.create(worktree, at: commit, through: actor, git: git)
case "take":
  let isTaken = try await WorktreePool.take(
    worktree, at: commit, keepingIgnored: true, through: actor, git: git)
  exit(isTaken ? 0 : 1)
case "release":
  let refusal = try await actor.run { repository throws(WorktreeError) in
    try WorktreePool.release(worktree, published: [commit], in: repository)
  }
  exit(refusal == nil ? 0 : 1)
case "remove":
  try await actor.run { repository throws(WorktreeError) in
    try WorktreeStore.remove(worktree, in: repository)
  }
case "lay-out":
  // The second commit is the branch's head, the first the base that it conflicts with.
  guard words.count == 7, let head = ObjectID(hex: words[6]) else { exit(64) }
  try await actor.run { repository throws in
    let verdict = try InMemoryRebase.rebase(
      head: head, onto: commit, committer: signature, in: repository)
    guard case .conflict(let report) = verdict else { exit(65) }
    try ConflictHandOff.layOut(report, in: worktree, onto: commit)
  }
case "move":
  guard words.count == 7, let expected = ObjectID(hex: words[6]) else { exit(64) }
  try worktree.move(to: commit, from: expected, by: signature) { _ in }
case "commit":
  _ = try worktree.commitAll(message: "left\n", by: signature)
case "restore":
  _ = try await worktree.restore(commit, message: "before\n", by: signature, git: git)
default: exit(64)
}
