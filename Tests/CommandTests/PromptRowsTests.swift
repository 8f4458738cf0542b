import Foundation
import JSON
import TestSupport
import Testing

/// Every row of the table of contexts, seen through `orch task prompt` in the situation that it is for.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `What a prompt is made of` {
  let scratch = Scratch.current

  @Test func `always: system, task, profile, tree, instructions, lessons`() throws {
    let play = try Playground(files: [
      "README.md": "about\n", "CLAUDE.md": "Use tabs.\n", "AGENTS.md": "Be brief.\n",
      "src/deep/file.swift": "let x = 1\n",
    ])
    try play.ok("lesson", "add", "Check the margins")
    let id = try play.ok("task", "add", "Do it", "--body", "In full.", "--quiet")
    let prompt = try play.ok("task", "prompt", id)
    for text in [
      "Never run `rm`", "Do it", "In full.", "src/deep/file.swift", "Use tabs.", "Be brief.",
      "Check the margins", "You are: a software engineer",
    ] {
      #expect(prompt.contains(text), "\(text)")
    }
    let sizes = try JSONValue(parsing: play.ok("task", "prompt", id, "--json"))["parts"]?.array
    #expect((sizes?.count ?? 0) >= 6)
    #expect(sizes?.allSatisfy { ($0["bytes"]?.int ?? 0) > 0 } == true)
  }

  @Test func `on retries: errors, reports, tool calls, checkpoint, uncommitted changes`()
    async throws
  {
    let play = try Playground(
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        if [ "$ORCH_ATTEMPT" = 1 ]; then
          echo '{"type":"tool","name":"grep -rn margin src"}'
          echo "I looked at the margins."
          echo "stopped in the middle of src/deep" > "$ORCH_STATE_DIR/checkpoint.md"
          echo half > README.md
          echo "cannot find the margin" >&2
          exit 3
        fi
        echo x > x && git add -A && git commit -qm x
        """)
    try play.ok("task", "add", "Do it")
    try play.ok("run", "--until-idle")
    let prompt = try scratch.read("prompt-2")
    for text in [
      "cannot find the margin", "Z failed (crashed, 1 commit): exit code 3", "grep -rn margin src",
      "stopped in the middle of src/deep", "Attempt 1 by worker", "+half",
    ] {
      #expect(prompt.contains(text), "\(text)")
    }
    #expect(try !scratch.read("prompt-1").contains("failed (crashed"))
  }

  @Test func `the preview is what the next attempt gets, whatever the main checkout holds`() throws
  {
    let play = try Playground(
      files: ["README.md": "about\n", "CLAUDE.md": "Use tabs.\n"],
      agent: """
        cat > "$HOME/../prompt-$ORCH_ATTEMPT"
        echo '{"type":"tool","name":"looked at '$ORCH_ATTEMPT'"}'
        [ "$ORCH_ATTEMPT" = 3 ] || { echo $ORCH_ATTEMPT > half; echo "broken $ORCH_ATTEMPT" >&2; exit 3; }
        echo x > x && git add -A && git commit -qm x
        """)
    try scratch.git("checkout", "-q", "-b", "elsewhere", in: "repo")
    try scratch.write("repo/CLAUDE.md", "Use spaces.\n")
    try scratch.write("repo/untracked", "mine\n")
    let id = try play.ok("task", "add", "Do it", "--quiet")
    try play.ok("task", "route", id)
    for number in 1...3 {
      let preview = try play.ok("task", "prompt", id)
      #expect(!preview.contains("Use spaces.") && !preview.contains("untracked"))
      try play.ok("run", "--once")
      #expect(
        try Self.lasting(preview) == Self.lasting(scratch.read("prompt-\(number)")),
        "attempt \(number)")
    }
    #expect(try play.tasks().first?.purposes.count == 3)
  }

  /// A prompt without the lines that tell of the time and of the attempt's own beginning, and without the marks
  /// of fences, which are made of what stands between them.
  private static func lasting(_ prompt: String) -> String {
    prompt.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.contains(/20\d\d-\d\d-\d\dT/) }
      .map { $0.replacing(/data [0-9a-f]{16}/, with: "data") }.joined(separator: "\n")
      .trimmingCharacters(in: .newlines)
  }

  @Test func `for a child: its parent and siblings; for the parent: what became of them`() throws {
    let play = try Playground()
    let parent = try play.ok("task", "add", "The whole", "--quiet")
    let child = try play.ok("task", "add", "First part", "--parent", parent, "--quiet")
    try play.ok("task", "add", "Second part", "--parent", parent)
    let prompt = try play.ok("task", "prompt", child)
    #expect(prompt.contains("The whole"))
    #expect(prompt.contains("Second part"))
    #expect(try play.ok("task", "prompt", parent).contains("First part"))
  }

  @Test func `neighbours: files that others are changing`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        mkdir -p shared && echo x > shared/file.txt && git add -A && git commit -qm x
        touch "$HOME/../ready"
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        """)
    try play.ok("task", "add", "Neighbour")
    let run = try play.start(["run", "--until-idle"])
    #expect(await eventually { scratch.exists("ready") })
    let other = try play.ok("task", "add", "Work on shared/file.txt", "--quiet")
    let prompt = try play.ok("task", "prompt", other)
    #expect(prompt.contains("Neighbour") && prompt.contains("shared/file.txt"))
    try scratch.write("go", "")
    run.waitForEnd()
  }

  @Test func `a linked issue: its text and comments, fenced as data`() throws {
    let comment =
      #"{"databaseId":7,"body":"Try the *other* door","url":"u","createdAt":"2026-01-02T03:04:05Z","#
      + #""authorAssociation":"NONE","author":{"login":"passer-by"},"isMinimized":false,"#
      + #""includesCreatedEdit":false,"lastEditedAt":null}"#
    let issue =
      #"{"number":42,"title":"Locked out","body":"The door is locked.","url":"u","state":"OPEN","#
      + #""createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z","#
      + #""authorAssociation":"OWNER","author":{"login":"boss"},"labels":{"nodes":[]},"#
      + #""assignees":{"nodes":[]},"includesCreatedEdit":false,"lastEditedAt":null,"#
      + #""comments":{"totalCount":1,"nodes":["# + comment + "]}}"
    let server = try CannedServer { request in
      request.contains("graphql") && request.contains("42")
        ? #"{"data":{"repository":{"issue":"# + issue + "}}}" : nil
    }
    let play = try Playground(
      settings: """
        forge:
          type: github
          api: http://127.0.0.1:\(server.port)
          repository: acme/door
        """)
    let id = try play.ok("task", "add", "Open the door", "--issue", "42", "--quiet")
    let result = try scratch.run(
      ["env", "ORCH_GITHUB_TOKEN=t0ken", BuiltProgram.orch, "task", "prompt", id], in: "repo")
    #expect(result.exitCode == 0, "\(result.errorOutput)")
    for text in ["The door is locked.", "Try the *other* door", "passer-by", "begin data"] {
      #expect(result.output.contains(text), "\(text)")
    }
    #expect(server.seen.allSatisfy { $0.lowercased().contains("authorization: ") })
    #expect(!result.output.contains("t0ken"))
    let bare = try scratch.run(
      ["env", "PATH=/usr/bin:/bin", BuiltProgram.orch, "task", "prompt", id], in: "repo")
    #expect(bare.exitCode == 1)
    #expect(bare.errorOutput.contains("ORCH_GITHUB_TOKEN"), "\(bare.errorOutput)")
  }
}
