import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Looking back at work and its cost` {
  let scratch = Scratch.current

  private static let paid = """
    cat > /dev/null
    echo '{"type":"cost","usd":0.25}'
    printf 'one\\ntwo\\n' >> lines
    git add -A
    git commit -qm "$ORCH_TASK_TITLE"
    """

  @Test func `costs are summed by agent, model, day, task and attempt, from a time on`() throws {
    let play = try Playground(agent: Self.paid)
    let ids = try ["First", "Second"].map { title in
      let id = try play.ok("task", "add", title, "--quiet")
      try play.ok("run", "--until-idle")
      return id
    }
    let today = try play.ok("task", "show", ids[1], "--json")
    let day = try #require(try JSONValue(parsing: today)["updated_at"]?.string).prefix(10)
    for (by, names) in [
      ("agent", ["worker"]), ("model", ["(default)"]), ("day", [String(day)]),
      ("task", ["\(ids[0].prefix(6)) First", "\(ids[1].prefix(6)) Second"]),
      (
        "attempt",
        ["\(ids[0].prefix(6))/1 worker First", "\(ids[1].prefix(6))/1 worker Second"]
      ),
    ] {
      let rows = try JSONValue(parsing: play.ok("cost", "--by", by, "--json")).array ?? []
      #expect(Set(rows.compactMap { $0["name"]?.string }) == Set(names), "\(by)")
      #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.double ?? 0) } == 0.5, "\(by)")
      let text = try play.ok("cost", "--by", by, "--since", "1 week ago")
      #expect(names.allSatisfy(text.contains) && text.contains("$0.50"), "\(by): \(text)")
    }
    #expect(try play.ok("cost", "--since", "2090-01-01", "--json") == "[]")
    #expect(try play.orch("cost", "--by", "moon").exitCode == 64)
    #expect(try play.ok("task", "cost", ids[0]).contains("$0.25"))
  }

  @Test func `the diary is bounded by task, number and time, and names commits that git shows`()
    throws
  {
    let play = try Playground(agent: Self.paid)
    let first = try play.ok("task", "add", "First", "--quiet")
    try play.ok("task", "add", "Second")
    try play.ok("run", "--until-idle")
    let all = try play.ok("log").split(separator: "\n").map(String.init)
    #expect(all.contains { $0.contains("new: First") } && all.contains { $0.contains("Second") })
    #expect(try play.ok("log", first).split(separator: "\n").allSatisfy { !$0.contains("Second") })
    let newest = try play.ok("log", "--limit", "2").split(separator: "\n").map(String.init)
    #expect(newest == Array(all.prefix(2)))
    #expect(try play.ok("log", "--since", "2090-01-01") == "")
    // The first commit is the same everywhere, as old as time, and nothing that happened.
    #expect(try play.ok("log", "--until", "2020-01-01") == "")
    let oldest = try JSONValue(parsing: play.ok("log", "--until", "2020-01-01", "--json"))
    #expect(oldest.array?.map { $0["subject"] } == ["orch: the state of this repository"])
    #expect(try play.ok("log", "--since", "1 hour ago") == all.joined(separator: "\n"))
    #expect(all.allSatisfy { $0.contains(#/^\d{4}-\d\d-\d\dT[\d:]{8}Z  [0-9a-f]{8} /#) }, "\(all)")
    for option in ["--since", "--until"] {
      let garbage = try play.orch("log", option, "garbage")
      #expect(garbage.exitCode == 1 && garbage.errorOutput.contains("is not a time"), "\(garbage)")
    }
    // The second word is the commit, in the log and behind an attempt.
    let line = try #require(all.first { $0.contains("new: First") })
    let commit = String(line.split(separator: " ")[1])
    #expect(try scratch.git("show", "-s", "--format=%s", commit, in: "repo").contains("new: First"))
    let shown = try play.ok("task", "show", first)
    let head = try #require(shown.firstMatch(of: /1 commit up to ([0-9a-f]{8})/)).1
    #expect(try scratch.git("show", "-s", "--format=%s", String(head), in: "repo") == "First")
  }

  @Test func `a line, and a line of an earlier commit, has its task, agent and cost`() throws {
    let play = try Playground(agent: Self.paid)
    for title in ["First", "Second"] {
      try play.ok("task", "add", title)
      try play.ok("run", "--until-idle")
    }
    let early = try play.orch("blame", "lines")
    #expect(early.exitCode == 1 && early.errorOutput.contains("--rev origin/main"), "\(early)")
    #expect(try play.ok("blame", "lines", "--rev", "origin/main").contains("Second"))
    try scratch.git("pull", "-q", "origin", "main", in: "repo")
    let third = try play.ok("blame", "lines:3")
    #expect(third.hasPrefix("3 ") && third.contains("Second") && third.contains("worker $0.25"))
    let json = try JSONValue(parsing: play.ok("blame", "lines", "--json")).array ?? []
    #expect(json.compactMap { $0["provenance"]?["title"]?.string } == ["First", "Second"])
    let before = try scratch.git("log", "--format=%h", "-1", "--grep=^First", "HEAD", in: "repo")
    #expect(try play.ok("blame", "lines", "--rev", before).split(separator: "\n").count == 1)
    let missing = try play.orch("blame", "lines:9")
    #expect(missing.exitCode == 1 && missing.errorOutput.contains("no line 9"))
    let nowhere = try play.orch("blame", "nowhere")
    #expect(nowhere.exitCode == 1 && nowhere.errorOutput.contains("no file 'nowhere'"))
  }

  @Test
  func `a file is named from where one stands, and looked at in the checkout that one stands in`()
    throws
  {
    let play = try Playground(files: ["src/a.txt": "1\n2\n3\n", "empty": ""])
    try play.ok("init")
    let blame = { (words: [String], folder: String) in
      try scratch.run([BuiltProgram.orch, "blame"] + words, in: folder)
    }
    #expect(try blame(["a.txt"], "repo/src").output.hasPrefix("1-3 "))
    #expect(try blame(["../src/./a.txt:2-9"], "repo/src").output.hasPrefix("2-3 "))
    #expect(try blame([scratch["repo/src/a.txt"]], "repo").output.hasPrefix("1-3 "))
    #expect(try play.ok("-C", scratch["repo/src"], "blame", "a.txt:3").hasPrefix("3 "))
    let folder = try blame(["src"], "repo")
    #expect(folder.exitCode == 1 && folder.errorOutput.hasPrefix("error: 'src' is a folder"))
    let nobody = try blame(["src/a.txt", "--rev", "nobody"], "repo")
    #expect(nobody.errorOutput.hasPrefix("error: 'nobody' is no commit"), "\(nobody)")
    let empty = try blame(["empty"], "repo")
    #expect(empty.exitCode == 0 && empty.output == "")
    // A linked worktree has a head of its own.
    try scratch.git("worktree", "add", "-q", "-b", "other", scratch["linked"], in: "repo")
    try scratch.write("linked/src/b.txt", "new\n")
    try scratch.git("add", "-A", in: "linked")
    try scratch.git("commit", "-qm", "Of the other branch", in: "linked")
    for words in [["b.txt"], ["b.txt", "--rev", "HEAD"]] {
      let linked = try blame(words, "linked/src")
      #expect(linked.output.contains("Of the other branch"), "\(linked)")
    }
  }

  @Test func `make install puts the program, its pages and its completions where they belong`()
    throws
  {
    let source = BuiltProgram.sourceRoot + "/Makefile"
    try scratch.write("Makefile", try String(contentsOfFile: source, encoding: .utf8))
    try FileManager.default.createDirectory(
      atPath: scratch[".build/release"], withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch[".build/release/orch"], withDestinationPath: BuiltProgram.orch)
    // The build is there already: `-o` says so.
    let result = try scratch.run(
      ["make", "-o", "release", "install", "PREFIX=\(scratch["prefix"])"], in: scratch.path)
    #expect(result.exitCode == 0, "\(result)")
    let version = try scratch.run([scratch["prefix/bin/orch"], "version"], in: scratch.path)
    #expect(version.exitCode == 0 && version.output.hasPrefix("orch "))
    for file in [
      "man/man1/orch.1", "bash-completion/completions/orch", "zsh/site-functions/_orch",
      "fish/vendor_completions.d/orch.fish",
    ] {
      #expect(scratch.exists("prefix/share/" + file), "\(file)")
    }
  }
}
