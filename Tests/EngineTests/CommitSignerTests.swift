import Foundation
import Git2
import GitCLI
import TestSupport
import Testing
import Worktrees

@testable import Engine

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Signing commits` {
  let scratch = Scratch.current

  private func signer(_ seconds: Int) -> CommitSigner {
    CommitSigner(
      git: GitProgram(directory: scratch["repo"], environment: scratch.environment),
      identity: Signature(name: "Test", email: "test@example.invalid", seconds: 0),
      signatureSeconds: seconds)
  }

  private func id(_ revision: String) throws -> ObjectID {
    try #require(ObjectID(hex: try scratch.git("rev-parse", revision, in: "repo")))
  }

  /// Signs commits behind the first one; by default all.
  private func sign(
    _ wanted: Set<ObjectID>? = nil, seconds: Int = 300
  ) async throws -> CommitSigner.Outcome {
    let code = try RepositoryActor(at: scratch["repo"])
    let (first, head) = (try id("start"), try id("main"))
    let all = try scratch.git("rev-list", "start..main", in: "repo").split(separator: "\n")
      .compactMap { ObjectID(hex: String($0)) }
    return try await signer(seconds).sign(
      head, notIn: [first], wanted: wanted ?? Set(all), through: code)
  }

  private func isSame(_ one: ObjectID, _ other: ObjectID) throws -> Bool {
    let repository = try Repository(at: scratch["repo"])
    return try CommitSignatures.isSame(one, other, since: id("start"), in: repository)
  }

  /// A first commit and three more, of which one merges another.
  private func prepare() throws {
    try scratch.repository()
    try scratch.git("branch", "start", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "one\n\nwith a body\n", in: "repo")
    try scratch.git("checkout", "-q", "-b", "side", "start", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "side", in: "repo")
    try scratch.git("checkout", "-q", "main", in: "repo")
    try scratch.git("merge", "-q", "--no-ff", "-m", "merged", "side", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "", "--allow-empty-message", in: "repo")
  }

  @Test func `all of a branch are signed for git, say what they said, and are the same again`()
    async throws
  {
    try prepare()
    try SigningKeys(in: scratch).useSSH()
    let outcome = try await sign()
    #expect(outcome.mapping.count == 4 && outcome.problem == nil && outcome.missing == 0)
    let (old, new) = (try id("main"), try #require(outcome.mapping[try id("main")]))
    for commit in outcome.mapping.values {
      try scratch.git("verify-commit", commit.hex, in: "repo")
    }
    let format = "--format=%T %an %ae %ad %cd %B"
    #expect(
      try scratch.git("log", "--topo-order", format, "start..\(new)", in: "repo")
        == scratch.git("log", "--topo-order", format, "start..\(old)", in: "repo"))
    #expect(
      try scratch.git("log", "-1", "--format=%cn <%ce>", new.hex, in: "repo")
        == "Test <test@example.invalid>")
    #expect(try await sign().mapping == outcome.mapping)
    #expect(try isSame(old, new))
    let repository = try Repository(at: scratch["repo"])
    let missing = try CommitSignatures.missing(in: new, notIn: [id("start")], in: repository)
    #expect(missing == [])
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test
  func `signatures that are others each time are of the same branch, and other words are not`()
    async throws
  {
    try prepare()
    try SigningKeys(in: scratch).useProgram()
    let one = try #require(try await sign().mapping[try id("main")])
    let other = try #require(try await sign().mapping[try id("main")])
    #expect(one != other)
    #expect(try isSame(one, other))
    try scratch.git("checkout", "-q", "--detach", one.hex, in: "repo")
    try scratch.git(
      "commit", "-q", "--amend", "--allow-empty", "--allow-empty-message", "--no-edit",
      "--date=@1", in: "repo")
    #expect(try !isSame(id("HEAD"), other))
    try scratch.git("checkout", "-q", "--detach", one.hex, in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", "more", in: "repo")
    #expect(try !isSame(id("HEAD"), other))
    #expect(try isSame(one, id("main")))
  }

  @Test func `only the wanted ones are signed, and those behind them made again`() async throws {
    try prepare()
    try SigningKeys(in: scratch).useSSH()
    let side = try id("side")
    let outcome = try await sign([side])
    // The merge and what follows it have a new parent; the first line has not.
    let first = try id("main~2")
    #expect(outcome.mapping.count == 3 && outcome.mapping[first] == nil)
    let new = try #require(outcome.mapping[try id("main")])
    let unsigned = try SigningKeys(in: scratch).unsigned("start..\(new)", in: "repo")
    let signed = try #require(outcome.mapping[side]).hex
    #expect(unsigned.count == 3 && !unsigned.contains(signed))
  }

  @Test(arguments: [
    ("echo 'no key there' >&2; exit 2", "failed to sign"), ("exec sleep 600", "did not end within"),
    ("cat > /dev/null; exit 0", "failed to sign"), ("kill -9 $$", "failed to sign"),
  ])
  func `a program that does not sign ends the signing, and the branch is as it was`(
    script: String, words: String
  ) async throws {
    try prepare()
    try SigningKeys(in: scratch).useProgram(script)
    let outcome = try await sign(seconds: script.contains("sleep") ? 3 : 300)
    #expect(outcome.mapping.isEmpty && outcome.missing == 4)
    let problem = try #require(outcome.problem)
    #expect(problem.contains(words), "\(problem)")
  }

  @Test func `a program that gives up half way leaves the rest unsigned on what was signed`()
    async throws
  {
    try prepare()
    try SigningKeys(in: scratch).useProgram(
      "[ ! -e \(scratch["signed"]) ] || exit 2\n: > \(scratch["signed"])\n" + SigningKeys.signing)
    let outcome = try await sign()
    let new = try #require(outcome.mapping[try id("main")])
    #expect(outcome.missing == 3 && outcome.problem != nil)
    #expect(try SigningKeys(in: scratch).unsigned("start..\(new)", in: "repo").count == 3)
    #expect(try isSame(id("main"), new))
  }

  @Test func `what git cannot write as it is stays unsigned, and is said`() async throws {
    try prepare()
    try SigningKeys(in: scratch).useSSH()
    // An author whose name git would clean up, and a header that it does not know.
    for (old, new) in [("author Test Author", "author Jr,"), ("\n\n", "\nHG:extra x\n\n")] {
      let text =
        try scratch.git("cat-file", "commit", "side", in: "repo")
        .replacingOccurrences(of: old, with: new) + "\n"
      let made = try scratch.run(
        ["git", "hash-object", "-t", "commit", "-w", "--literally", "--stdin"], in: "repo",
        input: text)
      try scratch.git(
        "update-ref", "refs/heads/main", String(made.output.dropLast()), in: "repo")
      let outcome = try await sign()
      #expect(outcome.mapping.isEmpty && outcome.missing == 1)
      #expect(outcome.problem?.contains("git commit-tree") == true)
    }
  }

  @Test func `a message in another encoding that is plain text is signed with it`() async throws {
    try prepare()
    try SigningKeys(in: scratch).useSSH()
    try scratch.git(
      "-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-m", "plain",
      in: "repo")
    let outcome = try await sign()
    #expect(outcome.mapping.count == 5 && outcome.problem == nil)
  }

  @Test(arguments: [
    ("commit.gpgsign\ntrue\0", true, false), ("commit.gpgsign\0", true, false),
    ("commit.gpgsign\n1\0commit.gpgsign\nno\0", false, false),
    ("user.signingkey\nk\0", false, true), ("user.signingkey\n\0", false, false),
    ("gpg.ssh.defaultkeycommand\nssh-add -L\0commit.gpgsign\nYes\0", true, true),
  ])
  func `what git's configuration says is read as git reads it`(
    text: String, signsAll: Bool, namesKey: Bool
  ) {
    let configuration = SigningConfiguration(listed: text)
    #expect(configuration.signsAll == signsAll && configuration.namesKey == namesKey)
  }

  @Test func `after a failure nothing is tried for a while`() {
    var memory = SigningMemory()
    #expect(memory.problem(now: 5) == nil)
    memory.failure = (1000, "locked")
    #expect(memory.problem(now: 1000 + SigningMemory.restMilliseconds - 1) == "locked")
    #expect(memory.problem(now: 1000 + SigningMemory.restMilliseconds) == nil)
  }
}
