import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Looking briefly` {
  let scratch = Scratch.current

  private func cursor(_ text: String) -> String {
    String(text.split(separator: "\n").last?.split(separator: " ").last ?? "")
  }

  @Test func `status is bounded, says the same for the same state, and then only what changed`()
    throws
  {
    let play = try Playground()
    let long = String(repeating: "a very long title ", count: 20)
    var ids: [String] = []
    for number in 0..<60 {
      ids.append(try play.ok("task", "add", "\(number) \(long)", "--quiet"))
    }
    let first = try play.ok("status", "--brief")
    #expect(first.utf8.count <= 4096)
    #expect(first.hasPrefix("60 new\n"))
    #expect(first.contains("… and 55 more new"))
    #expect(try play.ok("status", "--brief") == first)
    let start = cursor(first)
    let text = try play.ok("status", "--brief", "--json")
    let bounded = try JSONValue(parsing: text)
    #expect(text.utf8.count <= 4096)
    #expect(bounded["counts"]?["new"]?.int == 60 && bounded["more"]?.int == 55)
    #expect(bounded["open"]?.array?.count == 5 && bounded["cursor"]?.string == start)
    #expect(try play.ok("status", "--brief", "--since", start) == "nothing new\ncursor \(start)")
    try play.ok("task", "cancel", ids[7], "--why", "not wanted")
    try play.ok("task", "edit", ids[8], "--label", "ui")
    let news = try play.ok("status", "--brief", "--since", start)
    #expect(news.split(separator: "\n").count == 2)
    #expect(news.hasPrefix("\(ids[7].prefix(6)) cancelled: 7 a very long"))
    #expect(
      try play.ok("status", "--brief", "--since", cursor(news)) == "nothing new\n"
        + "cursor \(cursor(news))")
    // Sixty changes at once are still one bounded answer.
    for id in ids where id != ids[7] { try play.ok("task", "cancel", id) }
    let many = try play.ok("status", "--since", cursor(news))
    #expect(many.utf8.count <= 4096)
    #expect(many.contains("more changed: orch status --brief"))
    let json = try JSONValue(parsing: play.ok("status", "--since", start, "--json"))
    #expect(json["changed"]?.array?.count == 60)
    #expect(json["cursor"]?.string == cursor(many))
  }

  @Test func `an unknown cursor gets everything, and wrong flags are refused`() throws {
    let play = try Playground()
    try play.ok("task", "add", "One")
    let all = try play.orch("status", "--since", "123456789abc")
    #expect(all.exitCode == 0 && all.output.contains("new: One"))
    #expect(all.errorOutput.contains("is no commit of this state"))
    let json = try JSONValue(
      parsing: play.orch("status", "--since", "123456789abc", "--json").output)
    #expect(json["changed"]?.array?.first?["title"] == "One" && json["cursor"] != nil)
    let digest = try play.orch("digest", "--since", "123456789abc")
    #expect(digest.exitCode == 0 && digest.output.contains("One"), "\(digest)")
    #expect(digest.errorOutput.contains("is no commit of this state"))
    #expect(try play.orch("digest", "--since", "whenever").exitCode == 1)
    #expect(try play.orch("status", "--wait", "5").exitCode == 64)
    #expect(try play.orch("status", "--since", "x", "--at", "y").exitCode == 64)
    #expect(try play.orch("msg", "list", "--since", "x").exitCode == 64)
  }

  @Test func `waiting ends with the first change that is worth a line`() async throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "One", "--quiet")
    let start = cursor(try play.ok("status", "--brief"))
    #expect(
      try play.ok("status", "--brief", "--since", start, "--wait", "0").hasPrefix("nothing new\n"))
    let process = try play.start(["status", "--since", start, "--wait", "600"])
    try play.ok("task", "edit", id, "--label", "ui")
    #expect(process.isRunning)
    try play.ok("task", "cancel", id)
    process.waitForEnd()
    #expect(try scratch.read("run.log").hasPrefix("\(id.prefix(6)) cancelled: One\ncursor "))
  }

  @Test func `questions come first, and are shown once`() throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        printf '%s' '{"status":"needs_review","needs_help":true,"reason":"Which port?"}' \
          > "$ORCH_OUTPUT"
        """)
    try play.ok("task", "add", "Calm", "--label", "no-agent")
    let start = cursor(try play.ok("status", "--brief"))
    let id = try play.ok("task", "add", "Serve", "--priority", "1", "--quiet")
    try play.ok("run", "--until-idle")
    let lines = try play.ok("status", "--since", start).split(separator: "\n")
    #expect(lines.first?.hasPrefix("\(id.prefix(6)) asks: Which port? (orch msg answer") == true)
    let news = try play.ok("msg", "list", "--new", "--since", start)
    #expect(news.contains("\(id.prefix(6)) 1 worker asks: Which port?"))
    #expect(try play.ok("msg", "list", "--new", "--since", cursor(news)).hasPrefix("nothing new"))
    #expect(try play.ok("msg", "list", "--new").contains("Which port?"))
    let brief = try play.ok("task", "show", id, "--brief")
    #expect(brief.contains("asks: Which port?") && brief.contains("because: Which port?"))
    #expect(
      try play.ok("task", "show", id, "--brief", "--since", cursor(brief))
        == "nothing new\ncursor \(cursor(brief))")
    try play.ok("msg", "answer", id, "1", "8080")
    #expect(
      try play.ok("task", "show", id, "--brief", "--since", cursor(brief)).contains("new: Serve"))
  }

  @Test func `what a task asked that is over is asked no more, and again when it is begun anew`()
    throws
  {
    let play = try Playground(
      agent: """
        cat > /dev/null
        printf '%s' '{"status":"needs_review","needs_help":true,"reason":"Which port?"}' \
          > "$ORCH_OUTPUT"
        """)
    let id = try play.ok("task", "add", "Serve", "--quiet")
    try play.ok("run", "--until-idle")
    let asks = {
      try [["status"], ["status", "--brief"], ["msg", "list", "--new"], ["top", "--once"]].map {
        try scratch.run([BuiltProgram.orch] + $0, in: "repo").output.contains("Which port?")
      }
    }
    #expect(try asks() == [true, true, true, true])
    try play.ok("task", "cancel", id)
    #expect(try asks() == [false, false, false, false])
    #expect(try play.ok("msg", "list", id).contains("Which port?"))
    try play.ok("task", "retry", id)
    #expect(try asks() == [true, true, true, true])
  }

  @Test func `an empty queue starts no agent, asks no model, and writes nothing`() throws {
    let play = try Playground(agent: "echo started >> \"$HOME/../started\"")
    try play.ok("init")
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    for _ in 0..<2 { try play.ok("run", "--until-idle") }
    let looked = try play.ok("status", "--since", tip, "--wait", "1")
    #expect(looked == "nothing new\ncursor \(tip.prefix(12))")
    #expect(!scratch.exists("started"))
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
  }

  @Test func `a digest is what is left of a phase`() throws {
    let play = try Playground()
    try play.ok("init")
    let empty = try play.ok("status", "--brief")
    #expect(empty.hasPrefix("no tasks yet\ncursor "))
    let parent = try play.ok("task", "add", "Whole", "--quiet")
    try play.ok("task", "add", "Part", "--parent", parent)
    try play.ok("run", "--until-idle")
    let start = cursor(try play.ok("status", "--brief"))
    try play.ok("task", "add", "Later", "--label", "no-agent")
    try play.ok("lesson", "add", "Mind the gap")
    let all = try play.ok("digest")
    #expect(all.contains("done 2:") && all.contains("— added a file") && all.utf8.count <= 6144)
    #expect(all.contains("lessons 1:\n- ") && all.contains("Mind the gap"))
    let later = try play.ok("digest", "--since", start)
    #expect(later.contains("Later") && !later.contains("Whole"))
    let family = try play.ok("digest", parent)
    #expect(family.contains("Part") && !family.contains("Later"))
    #expect(try play.ok("digest", "--since", cursor(later)).hasPrefix("nothing new"))
  }
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Looking back` {
  let scratch = Scratch.current

  @Test func `status and a task are shown as they were, by commit and by time`() throws {
    let play = try Playground()
    let id = try play.ok("task", "add", "Work", "--quiet")
    let early = try scratch.git("rev-parse", "refs/orchestrator", in: "repo")
    try play.ok("run", "--until-idle")
    #expect(try play.ok("status").contains("1 done"))
    #expect(try play.ok("status", "--at", early).contains("1 new"))
    #expect(try play.ok("status", "--at", early, "--brief").hasPrefix("1 new\n"))
    let then = try JSONValue(parsing: play.ok("task", "show", id, "--at", early, "--json"))
    #expect(then["status"] == "new" && then["attempts"]?.array?.isEmpty == true)
    #expect(try play.ok("task", "show", id, "--at", "refs/orchestrator").contains("done"))
    #expect(try play.ok("status", "--at", "2099-01-01").contains("1 done"))
    let json = try JSONValue(parsing: play.ok("status", "--at", early, "--json"))
    #expect(json["counts"]?["new"] == 1 && json["at"]?.string?.hasSuffix("Z") == true)
    let before = try play.orch("status", "--at", "2001-01-01")
    #expect(before.exitCode == 1 && before.errorOutput.contains("no state yet"))
    let wrong = try play.orch("status", "--at", "galaxy")
    #expect(wrong.exitCode == 1 && wrong.errorOutput.contains("neither a commit"))
    // A commit of the code is no commit of the state.
    let code = try play.orch("status", "--at", "main")
    #expect(code.exitCode == 1 && code.errorOutput.contains("neither a commit"))
  }
}
