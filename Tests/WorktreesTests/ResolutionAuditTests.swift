import Foundation
import Git2
import TestSupport
import Testing
import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Accounting for both sides of a resolution` {
  let scratch = Scratch.current

  private static let start = """
    import one

    func first() {
      return 1
    }

    func second() {
      return 2
    }

    func third() {
      return 3
    }

    """

  /// The base adds a function and changes the second; the branch changes the second and the third.
  private static var base: String {
    start.replacingOccurrences(of: "return 2", with: "return base(2)")
      + "\nfunc added() {\n  return added(by: base)\n}\n"
  }

  private static var branch: String {
    start.replacingOccurrences(of: "return 2", with: "return branch(2)")
      .replacingOccurrences(of: "return 3", with: "return branch(3)")
  }

  /// Both sides' work, the conflict settled for both.
  private static var good: String {
    base.replacingOccurrences(
      of: "  return base(2)\n", with: "  return base(2)\n  return branch(2)\n"
    )
    .replacingOccurrences(of: "return 3", with: "return branch(3)")
  }

  private func commit(_ files: [String: String?], on branch: String, from start: String) throws {
    try scratch.git("checkout", "-q", "-B", branch, start, in: "repo")
    for (file, content) in files {
      if let content {
        try scratch.write("repo/" + file, content)
      } else {
        try scratch.git("rm", "-q", "--", file, in: "repo")
      }
    }
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-q", "--allow-empty", "-m", branch, in: "repo")
  }

  private func audit(
    base: [String: String?] = ["a": Self.base], branch: [String: String?] = ["a": Self.branch],
    resolved: [String: String?], givenUp: [String: String] = [:],
    start: [String: String] = ["a": Self.start, "other": "1\n2\n3\n"]
  ) throws -> ResolutionAudit {
    if !scratch.exists("repo") { try scratch.repository(files: start) }
    try commit(base, on: "ours", from: "main")
    try commit(branch, on: "theirs", from: "main")
    try commit(resolved, on: "resolved", from: "ours")
    let repository = try Repository(at: scratch["repo"])
    func id(_ name: String) throws -> ObjectID {
      try #require(try repository.reference("refs/heads/" + name))
    }
    return try ResolutionAudit.audit(
      ancestor: id("main"), ours: id("ours"), theirs: id("theirs"), resolved: id("resolved"),
      givenUp: givenUp, in: repository)
  }

  private func fates(_ audit: ResolutionAudit) -> [String: HunkFate] {
    Dictionary(
      audit.problems.map { ($0.hunk.name, $0.fate) }, uniquingKeysWith: { one, _ in one })
  }

  @Test func `a resolution with both sides is complete`() throws {
    let audit = try audit(resolved: ["a": Self.good])
    #expect(audit.isComplete, "\(audit.problems) \(audit.markers)")
    #expect(audit.entries.count == 4)
    #expect(audit.entries.allSatisfy { $0.fate == .present })
  }

  @Test func `keeping ours on a file that the branch extended is found`() throws {
    let found = fates(try audit(resolved: [:]))
    #expect(found == ["branch:a:8": .missing, "branch:a:12": .missing])
  }

  @Test func `keeping theirs on a file that the base extended is found`() throws {
    let found = fates(try audit(resolved: ["a": Self.branch]))
    #expect(found == ["base:a:8": .missing, "base:a:14-17": .missing])
  }

  @Test func `a dropped hunk beside the conflict is found`() throws {
    let text = Self.good.replacingOccurrences(of: "return branch(3)", with: "return 3")
    #expect(fates(try audit(resolved: ["a": text])) == ["branch:a:12": .missing])
  }

  @Test func `a duplicate is found`() throws {
    let text = Self.good + "\nfunc added() {\n  return added(by: base)\n}\n"
    #expect(fates(try audit(resolved: ["a": text])) == ["base:a:14-17": .duplicated])
  }

  @Test func `what a side removed and the resolution brings back is found`() throws {
    let removed = Self.start.replacingOccurrences(of: "import one\n", with: "")
    let base = removed.replacingOccurrences(of: "return 2", with: "return base(2)")
    let text = Self.good.replacingOccurrences(
      of: "\nfunc added() {\n  return added(by: base)\n}\n", with: "")
    let audit = try audit(base: ["a": base], resolved: ["a": text])
    #expect(audit.problems.map(\.fate) == [.reverted])
    #expect(audit.problems.first?.hunk.removed == "import one\n")
  }

  @Test func `a silent revert in a file without a conflict is found`() throws {
    let audit = try audit(
      base: ["a": Self.base, "other": "1\n2 base\n3\n"],
      resolved: ["a": Self.good, "other": "1\n2\n3\n"])
    #expect(fates(audit) == ["base:other:2": .missing])
  }

  @Test func `markers that are left are named, headings are not markers`() throws {
    let text = Self.good + "<<<<<<< HEAD\n=======\n>>>>>>> x\nHeading\n=======\n"
    let audit = try audit(resolved: ["a": text, "other": "Heading\n=======\n"])
    let count = Self.good.split(separator: "\n", omittingEmptySubsequences: false).count
    #expect(
      audit.markers.filter { $0.path == "a" }.map(\.line).prefix(3) == [
        count, count + 1, count + 2,
      ])
    #expect(!audit.markers.contains { $0.path == "other" })
    #expect(!audit.isComplete)
  }

  @Test func `a hunk that was moved is present elsewhere`() throws {
    let text = Self.good.replacingOccurrences(
      of: "\nfunc added() {\n  return added(by: base)\n}\n", with: "")
    let audit = try audit(
      resolved: ["a": text, "moved": "  func added() {\n    return added(by: base)\n  }\n"])
    #expect(audit.isComplete, "\(audit.problems)")
    #expect(audit.entries.contains { $0.fate == .moved(to: "moved:1") })
  }

  @Test func `giving up needs a name that exists and a reason`() throws {
    let text = Self.good.replacingOccurrences(of: "  return branch(2)\n", with: "")
    let name = "branch:a:8"
    #expect(fates(try audit(resolved: ["a": text])) == [name: .missing])
    #expect(fates(try audit(resolved: ["a": text], givenUp: [name: "  "])) == [name: .missing])
    let audit = try audit(resolved: ["a": text], givenUp: [name: "the base's form does both"])
    #expect(audit.isComplete)
    #expect(audit.entries.contains { $0.fate == .givenUp(reason: "the base's form does both") })
    let unknown = try self.audit(resolved: ["a": Self.good], givenUp: ["branch:b:1": "why"])
    #expect(unknown.unknownNames == ["branch:b:1"] && !unknown.isComplete)
  }

  @Test func `files removed, added and binary are accounted for as a whole`() throws {
    let audit = try audit(
      base: ["a": "changed by base\n", "bin": "x\0base"],
      branch: ["a": nil, "bin": "x\0branch", "new": "n\n"], resolved: ["new": "n\n"],
      start: ["a": "1\n", "bin": "x\0y", "other": "1\n2\n3\n"])
    #expect(fates(audit) == ["branch:a": .missing, "branch:bin": .missing])
  }

  @Test func `a lone middle marker in a file that was in conflict is a marker`() throws {
    let text = Self.good.replacingOccurrences(
      of: "  return base(2)\n", with: "  return base(2)\n=======\n")
    let audit = try audit(resolved: ["a": text])
    #expect(audit.markers.map(\.line) == [9] && !audit.isComplete)
  }

  @Test func `lines that look like markers and that a side has are not markers`() throws {
    let lines = "<<<<<<< shown\n=======\n>>>>>>> shown\n"
    let audit = try audit(
      base: ["a": lines + Self.base], branch: ["a": lines + Self.branch],
      resolved: ["a": lines + Self.good],
      start: ["a": lines + Self.start, "other": "1\n2\n3\n"])
    #expect(audit.isComplete, "\(audit.markers) \(audit.problems)")
    let left = try self.audit(
      base: ["a": lines + Self.base], branch: ["a": lines + Self.branch],
      resolved: ["a": lines + Self.good + "=======\n"])
    #expect(!left.markers.isEmpty)
  }

  @Test func `a line that stood elsewhere before is not what a side added`() throws {
    let start = "check(x)\n" + Self.start
    let base = start.replacingOccurrences(of: "return 2", with: "return base(2)")
    let branch = start.replacingOccurrences(of: "  return 2\n", with: "  return 2\ncheck(x)\n")
    let audit = try audit(
      base: ["a": base], branch: ["a": branch], resolved: [:],
      start: ["a": start, "other": "check(x)\n"])
    #expect(fates(audit) == ["branch:a:10": .missing])
    // Nor is it in another file that the resolution only touched.
    let touched = try self.audit(
      base: ["a": base], branch: ["a": branch], resolved: ["other": "check(x)\nand more\n"])
    #expect(fates(touched) == ["branch:a:10": .missing])
  }

  @Test func `a line that both sides added is there twice if the resolution has both`() throws {
    let base = Self.start + "\nfunc f() {\n  return base\n}\n"
    let branch = Self.start + "\nfunc f() {\n  return branch\n}\n"
    let both = base + "\nfunc f() {\n  return branch\n}\n"
    let audit = try audit(base: ["a": base], branch: ["a": branch], resolved: ["a": both])
    #expect(Set(audit.problems.map(\.fate)) == [.duplicated])
    // Two functions that share a line within them are what both sides meant.
    let other = Self.start + "\nfunc g() {\n  return base\n}\n"
    let fine = try self.audit(
      base: ["a": base], branch: ["a": other],
      resolved: ["a": base + "\nfunc g() {\n  return base\n}\n"])
    #expect(fine.isComplete, "\(fine.problems)")
  }

  @Test func `of random changes none can be dropped unseen, though few lines differ`() throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let words = ["x", "}", "  return", "end", "check(a)", "check(b)"]
    func text(_ count: Int) -> [String] {
      (0..<count).map { _ in words.randomElement(using: &random) ?? "x" }
    }
    func says(_ lines: [String]) -> Bool { lines.contains { $0.contains(where: \.isLetter) } }
    var dropped = 0
    for round in 0..<25 {
      let start = text(20)
      var ours = start
      ours.insert(contentsOf: text(2), at: Int.random(in: 2...6, using: &random))
      let added = text(3)
      var theirs = start
      theirs.insert(contentsOf: added, at: Int.random(in: 10...18, using: &random))
      guard says(added) else { continue }
      dropped += 1
      let join = { (lines: [String]) in lines.map { $0 + "\n" }.joined() }
      // The worker keeps the base's file: all that the branch added is gone.
      if scratch.exists("repo") { try FileManager.default.removeItem(atPath: scratch["repo"]) }
      let audit = try audit(
        base: ["a": join(ours)], branch: ["a": join(theirs)],
        resolved: ["a": join(ours), "other": "touched\n"],
        start: ["a": join(start), "other": "1\n"])
      #expect(!audit.isComplete, "seed \(seed) round \(round): \(start) \(ours) \(theirs)")
    }
    #expect(dropped > 10)
  }
}
