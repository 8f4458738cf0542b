import Foundation
import JSON
import TestSupport
import Testing

/// Runs every block of shell commands of the manual, in a repository that has what its section speaks of.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Every command of the manual` {
  private let scratch = Scratch.current

  /// Pages whose blocks are run below; those of other tests are named in `elsewhere`.
  private static let pages = [
    "README.md", "docs/recipes.md", "docs/seat.md", "docs/lessons.md", "docs/two-machines.md",
    "docs/refs.md",
  ]

  /// Blocks that other tests run, by page.
  private static let elsewhere = [
    "docs/hooks.md": "HookPageTests", "docs/jobs.md": "HookPageTests",
    "docs/first-hour.md": "ManualTests",
  ]

  /// Every block that is not run, and why: nothing comes in here unseen.
  private static let unrun = [
    "README.md, Twenty seconds: the first hour has these lines, and runs them",
    "README.md, Install: it builds a release",
    "README.md, A script as an agent: a test of its own does, in a repository that has nothing",
    "README.md, While it works: it wants a conflict, which ResolveCommandTests has",
    "docs/github.md, Webhooks: it listens until it is ended; GitHubWebhookTests does it",
  ]

  @Test(arguments: pages) func `is run, in its order`(page: String) async throws {
    let settings = page == "README.md" || page == "docs/recipes.md" ? "never" : "when-green"
    let yard = try PageYard(
      settings: "  max_attempts: 1\n  auto_approve: false\nforge:\n  merge: \(settings)")
    let blocks = try ManualPage(page).blocks.filter { $0.info == "sh" }
    #expect(!blocks.isEmpty)
    for block in blocks {
      try yard.clear()
      let running = try await prepare(yard, page, block.heading)
      let result = try yard.run(block.text)
      #expect(result.exitCode == 0, "\(page), \(block.heading):\n\(block.text)\n\(result)")
      try scratch.write("go", "")
      running?.waitForEnd()
    }
    try check(yard, page)
  }

  /// Makes what the commands of a section need; returns a run of orch that goes on beside them.
  private func prepare(
    _ yard: PageYard, _ page: String, _ heading: String
  ) async throws -> ChildProcess? {
    let play = yard.play
    switch heading {
    case "A task that failed": try yard.task("8d5c", "Fail")
    case "On GitHub", "Merge by hand": try yard.task("8d5c", "Fix it")
    case "Plans":
      try yard.task("8d5c", "Move it", kind: "spec")
      try yard.task("77aa", "Move more", kind: "spec")
    case "While it works": try yard.task("8d5c", "Which colour?")
    case "A script that waits for news":
      let brief = try play.ok("status", "--brief")
      try yard.bind("1a2b3c4d5e6f", String(brief.split(separator: " ").last ?? ""))
      try play.ok("task", "add", "News", "--label", "no-agent")
    case "What stands behind a line", "What it cost":
      try scratch.git("pull", "-q", in: "repo")
      let done = try play.tasks().last { $0["status"] == "done" }
      try yard.bind("8d5c", try #require(done?["id"]?.string))
    case "From people", "The skill":
      try yard.bind("8d5c", try play.ok("task", "add", "Work", "--label", "no-agent", "--quiet"))
    case "Found by orch": try yard.bind("8d5c", try waitingLesson(play))
    case "Every reference":
      let id = try yard.task("8d5c", "Fix it")
      try scratch.git("pull", "-q", in: "repo")
      try yard.bind("8d5caf123456", id)
    case "Stop one":
      try yard.bind("8d5c", try play.ok("task", "add", "Slow", "--quiet"))
      let running = try play.start(["run", "--until-idle"])
      #expect(
        await eventually {
          (try? play.ok("task", "list", "--status", "in_progress"))?.contains("Slow") == true
            && (try? play.leftovers().contains { $0.contains("agent.sh") }) == true
        })
      return running
    default: break
    }
    return nil
  }

  /// A lesson that a worker said, which waits for a person.
  private func waitingLesson(_ play: Playground) throws -> String {
    let id = try play.ok("task", "add", "Work", "--label", "no-agent", "--quiet")
    return try String(
      scratch.run(
        [
          "/usr/bin/env", "ORCH_TASK_ID=\(id)", BuiltProgram.orch, "lesson", "add", "Be kind",
          "--quiet",
        ],
        in: "repo"
      ).output.dropLast())
  }

  /// Looks at what the commands of a page left behind.
  private func check(_ yard: PageYard, _ page: String) throws {
    switch page {
    case "docs/recipes.md":
      #expect(try yard.play.tasks().contains { $0["status"] == "done" })
      #expect(scratch.exists("repo/work/README.md"))
    case "docs/lessons.md":
      let lessons = try JSONValue(parsing: yard.play.ok("lesson", "list", "--all", "--json"))
      #expect(lessons.array?.first { $0["text"] == "Be kind" }?["retired"] == "it was an outage")
    case "docs/seat.md":
      #expect(try scratch.read("repo/.orch/seat.md").contains("Ask before cancelling"))
    default: break
    }
  }

  @Test func `is in a block that is run, or in the list of those that cannot be`() throws {
    var unrun: [String] = []
    var ran = 0
    for page in try ManualPage.all() {
      for block in page.blocks {
        if let reason = block.reason {
          unrun.append("\(page.path), \(block.heading): \(reason)")
        } else if block.info == "sh" {
          ran += 1
          #expect(
            Self.pages.contains(page.path) || Self.elsewhere[page.path] != nil,
            "nobody runs the blocks of \(page.path)")
        } else {
          // What a person would type stands in no other block, but in the two that tests of their own follow.
          let isFollowed =
            page.path == "README.md" && ["Twenty seconds", "Two machines"].contains(block.heading)
          let typed = block.text.components(separatedBy: "\n").filter {
            $0.hasPrefix("orch ") || $0.hasPrefix("$ ") || $0.hasPrefix("git ")
          }
          #expect(isFollowed || typed.isEmpty, "\(page.path), \(block.heading): \(typed)")
        }
      }
    }
    #expect(unrun == Self.unrun)
    #expect(ran > 30)
  }
}
