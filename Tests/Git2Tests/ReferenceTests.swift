import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Moving references` {
  let scratch = Scratch.current
  let name = "refs/orch/state"

  @Test func `a reference moves only from the value that was expected`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let one = try repository.write(Array("1".utf8), .blob)
    let two = try repository.write(Array("2".utf8), .blob)
    try repository.setReference(name, to: one, expecting: nil, log: "first")
    #expect(try repository.reference(name) == one)
    let exists = #expect(throws: GitError.self) {
      try repository.setReference(name, to: two, expecting: nil, log: "again")
    }
    #expect(exists?.code == .exists)
    let modified = #expect(throws: GitError.self) {
      try repository.setReference(name, to: two, expecting: two, log: "wrong")
    }
    #expect(modified?.code == .modified)
    try repository.setReference(name, to: two, expecting: one, log: "right")
    #expect(try scratch.git("rev-parse", name, in: "repo") == two.hex)
  }

  @Test func `a lock that another process holds is reported as one`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let one = try repository.write(Array("1".utf8), .blob)
    try repository.setReference("refs/other/x", to: one, expecting: nil, log: "first")
    try scratch.write("repo/.git/refs/other/x.lock", "")
    let locked = #expect(throws: GitError.self) {
      try repository.setReference("refs/other/x", to: one, expecting: one, log: "x")
    }
    #expect(locked?.code == .locked)
  }

  @Test func `HEAD may be a branch, unborn, or detached`() throws {
    try scratch.git("init", "-q", scratch["empty"])
    #expect(try Repository(at: scratch["empty"]).head() == .unborn(name: "refs/heads/main"))
    try scratch.repository()
    let id = try #require(ObjectID(hex: try scratch.git("rev-parse", "HEAD", in: "repo")))
    let repository = try Repository(at: scratch["repo"])
    #expect(try repository.head() == .branch(name: "refs/heads/main", id: id))
    try scratch.git("checkout", "-q", "--detach", in: "repo")
    #expect(try repository.head() == .detached(id))
  }

  @Test func `an alias leads to the real reference, and its log can be kept`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let one = try repository.write(Array("1".utf8), .blob)
    try repository.setSymbolicReference("refs/orchestrator", to: name)
    #expect(try repository.reference("refs/orchestrator") == nil)
    try repository.ensureReferenceLog(name)
    try repository.setReference(name, to: one, expecting: nil, log: "first")
    #expect(try repository.reference("refs/orchestrator") == one)
    #expect(try repository.target(of: "refs/orchestrator") == .symbolic(name))
    #expect(try scratch.read("repo/.git/logs/refs/orch/state").contains("first"))
    #expect(try repository.references(prefix: "refs/orch/") == [name: one])
  }

  @Test func `many actors on one reference lose nothing`() async throws {
    try scratch.repository()
    let path = scratch["repo"]
    let first = try Repository(at: path).write([0], .blob)
    try Repository(at: path).setReference(name, to: first, expecting: nil, log: "first")
    let counter = "refs/orch/counter"
    try Repository(at: path).setReference(
      counter, to: try Repository(at: path).write(Array("0".utf8), .blob), expecting: nil, log: "0")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let actor = try RepositoryActor(at: path)
          for _ in 0..<25 { try await increment(counter, with: actor) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.git("cat-file", "blob", counter, in: "repo") == "100")
  }

  private func increment(_ counter: String, with actor: RepositoryActor) async throws {
    while true {
      let won = try await actor.run { repository throws(GitError) -> Bool in
        guard let old = try repository.reference(counter),
          let number = Int(String(decoding: try repository.bytes(of: old, .blob), as: UTF8.self))
        else { return false }
        let next = try repository.write(Array(String(number + 1).utf8), .blob)
        do throws(GitError) {
          try repository.setReference(counter, to: next, expecting: old, log: "+1")
          return true
        } catch {
          guard error.code == .modified || error.code == .locked else { throw error }
          return false
        }
      }
      if won { return }
    }
  }
}
