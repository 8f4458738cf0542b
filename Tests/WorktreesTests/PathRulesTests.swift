import Testing
import Worktrees

@Suite struct `Paths that are named` {
  @Test(arguments: [
    (["fixtures/"], "tests/fixtures/deep/key", true), (["fixtures/"], "fixtures", false),
    (["*.pem"], "a/b/c.pem", true), (["*.pem"], "a/c.pem.txt", false),
    (["/top"], "top", true), (["/top"], "a/top", false), (["a/**/key"], "a/b/c/key", true),
    (["*.pem", "!own.pem"], "own.pem", false), (["# no"], "# no", false), ([], "x", false),
  ])
  func `by patterns are those of a .gitignore`(
    patterns: [String], path: String, isNamed: Bool
  ) {
    #expect(PathRules(patterns).matches(path) == isNamed)
  }
}
