import Git2
import Testing
import Worktrees

@testable import Engine

@Suite struct `Errors in words` {
  @Test(arguments: [
    (
      WorktreeError.file(path: "/x", operation: "replace", number: 2),
      "could not replace '/x': No such file or directory"
    ),
    (
      .index(.damaged(path: "/x/index", reason: "it ends early")),
      "the index '/x/index' is damaged: it ends early"
    ),
    (
      .git(GitError(code: .notFound, operation: "read blob 1", message: "it is missing")),
      "could not read blob 1: it is missing"
    ),
    (.refused(path: "/x", reason: "folders lie too deep"), "'/x': folders lie too deep"),
    (.cannotOpen(.notARepository(path: "/x")), "there is no repository in '/x'"),
    (
      .writing(.file(path: "/x", operation: "write", number: 28)),
      "could not write '/x': No space left on device"
    ),
  ])
  func `of a worktree are sentences, not values of the program`(
    error: WorktreeError, sentence: String
  ) {
    #expect(FailureText.sentence(error) == sentence)
  }
}
