import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `The radar at work` {
  let scratch = Scratch.current

  private static let files = ["a.txt": "1\n2\n3\n", "b.txt": "1\n2\n3\n", "c.txt": "1\n2\n3\n"]

  /// Workers that note their start, change the file that their task's title begins with, and commit once
  /// a file named `go` is there.
  private static let agent = """
    top="$HOME/.."
    if [ "$ORCH_PURPOSE" = rebase ]; then
    sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' a.txt
    git add a.txt
    git rebase --continue
    exit 0
    fi
    cat > "$top/prompt-$ORCH_TASK_TITLE"
    echo "$ORCH_TASK_TITLE" >> "$top/started"
    file=${ORCH_TASK_TITLE%%-*}.txt
    echo "$ORCH_TASK_TITLE" >> "$file"
    while [ ! -e "$top/go" ] && [ ! -e "$top/go-$ORCH_TASK_TITLE" ]; do sleep 0.05; done
    git add -A
    git commit -qm "$ORCH_TASK_TITLE"
    """

  private func started() -> [String] {
    ((try? scratch.read("started")) ?? "").split(separator: "\n").map(String.init)
  }

  @Test func `who collides with whom, and in which order to merge, as text and as JSON`() throws {
    let play = try Playground(
      files: Self.files, agent: Self.agent, settings: "forge:\n  merge: never\n")
    try play.ok("init")
    #expect(try play.ok("radar") == "no open branches")
    try scratch.write("go", "")
    for title in ["a-one", "a-two", "b-three"] { try play.ok("task", "add", title) }
    try play.ok("run", "--until-idle", "--jobs", "3")
    let tasks = try play.tasks()
    let ids = tasks.compactMap { $0["id"]?.string }
    let text = try play.ok("radar")
    #expect(text.hasPrefix("main at "))
    #expect(text.contains("3 open branches"))
    #expect(text.contains("collides with") && text.contains("a.txt (content)"))
    #expect(!text.contains("b.txt"))
    let json = try JSONValue(parsing: play.ok("radar", "--json"))
    let view = try #require(json.array?.first)
    #expect(view["base"] == "main")
    #expect(view["collisions"]?.array?.count == 1)
    let pair = try #require(view["collisions"]?.array?.first)
    #expect(Set(pair["tasks"]?.strings ?? []) == Set(ids.prefix(2)))
    #expect(pair["files"]?.array?.first?["path"] == "a.txt")
    #expect(pair["certain"] == true)
    #expect(view["order"]?.strings?.first == ids[2])
    #expect(view["rework"]?.strings?.count == 1)
    #expect(try play.ok("pr", "radar") == text)
  }

  @Test func `running workers are told of each other, once, before anything is committed`()
    async throws
  {
    let play = try Playground(files: Self.files, agent: Self.agent)
    for title in ["a-one", "a-two", "b-three"] { try play.ok("task", "add", title) }
    let run = try play.start(["run", "--until-idle", "--jobs", "3"])
    let folders = { try FileManager.default.contentsOfDirectory(atPath: scratch["trees/repo"]) }
    let told = { (name: String) -> [String] in
      let folder = (try? folders().first { $0.hasSuffix(name) }) ?? "none"
      let inbox = scratch["trees/repo/\(folder)/.orchestrator/inbox"]
      return (try? FileManager.default.contentsOfDirectory(atPath: inbox)) ?? []
    }
    #expect(
      await eventually(within: 120) { told("a-one") == ["0001.md"] && told("a-two") == ["0001.md"] }
    )
    let folder = try #require(try folders().first { $0.hasSuffix("a-one") })
    let message = try scratch.read("trees/repo/\(folder)/.orchestrator/inbox/0001.md")
    #expect(message.contains("(a-two) is changing the same files now: a.txt"))
    #expect(told("b-three") == [])
    let looked = try play.ok("radar")
    #expect(looked.contains("works on the same files as"))
    #expect(looked.contains("a.txt (changed by both)"))
    try scratch.write("go", "")
    run.waitForEnd()
    #expect(try play.diary().filter { $0.contains("told: a-") }.count == 2)
  }

  @Test func `a task that would collide lets others of its priority go first`() async throws {
    let play = try Playground(files: Self.files, agent: Self.agent)
    let titles = ["a-one", "a-two", "b-three"]
    for title in titles {
      let body = "Change `\(title.prefix(1)).txt`.\n"
      let id = try play.ok("task", "add", title, "--quiet", "--body-file", "-", input: body)
      try play.ok("task", "route", id)
    }
    let run = try play.start(["run", "--until-idle", "--jobs", "2"])
    #expect(await eventually { started().count == 2 })
    #expect(Set(started()) == ["a-one", "b-three"])
    try scratch.write("go-b-three", "")
    #expect(await eventually { started().count == 3 }, "an empty slot is not kept empty")
    let prompt = try scratch.read("prompt-a-two")
    #expect(prompt.contains("Task: a-one") && !prompt.contains("Task: b-three"))
    try scratch.write("go", "")
    run.waitForEnd()
  }
}
