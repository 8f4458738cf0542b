import Foundation
import JSON
import TestSupport
import Testing

/// A repository whose remote is a GitHub of this project's own, and `orch` to be run in it.
struct GitHubPlayground {
  let play: Playground
  let url: String
  private let hub: ChildProcess
  private let input: Pipe

  var scratch: Scratch { play.scratch }

  /// Starts the fake and points the repository at it; `ci` is what its CI runs in a checkout.
  init(
    files: [String: String] = ["README.md": "hello\n"], agent: String = Playground.commitsOneFile,
    ci: String? = nil, merge: String = "when-green", settings: String = "", lookSeconds: Int = 1
  ) throws {
    let play = try Playground(files: files, agent: agent)
    let scratch = play.scratch
    try FileManager.default.createDirectory(
      atPath: scratch["hub/acme"], withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: scratch["origin.git"], toPath: scratch["hub/acme/demo.git"])
    let (input, output) = (Pipe(), Pipe())
    let hub = try ChildProcess(
      [BuiltProgram.path(of: "github-fake"), scratch["hub"], "acme/demo"],
      environment: scratch.environment, input: .pipe(input), output: .pipe(output))
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    url = line.trimmingCharacters(in: .whitespacesAndNewlines)
    self.play = play
    self.hub = hub
    self.input = input
    try scratch.git("remote", "set-url", "origin", url + "/acme/demo.git", in: "repo")
    let helper = "!f() { echo username=orch-bot; echo password=good; }; f"
    try scratch.git("config", "credential.helper", helper, in: "repo")
    let common = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      """
      \(common)
      forge:
        type: github
        api: \(url)
        merge: \(merge)
        look_seconds: \(lookSeconds)
      \(settings)
      """)
    if let ci { try control(["op": "ci", "command": .string(ci)]) }
  }

  /// From now on, issues with the label `orch` become tasks.
  func takeIssues() throws {
    let common = try scratch.read("repo/.orch.yml")
    try scratch.write("repo/.orch.yml", common + "  issue_label: orch\n")
  }

  /// Ends the fake.
  func stop() {
    try? input.fileHandleForWriting.close()
    hub.waitForEnd()
  }

  /// Does something behind orch's back, and returns what the fake knows then.
  @discardableResult
  func control(_ body: JSONValue) throws -> JSONValue {
    let result = try scratch.run(
      ["curl", "-sS", "--data-binary", "@-", url + "/_control"], input: body.canonicalText)
    guard result.exitCode == 0 else { throw CommandFailure(command: ["curl"], result: result) }
    return try JSONValue(parsing: result.output)
  }

  /// What the fake knows.
  func state() throws -> JSONValue { try control(["op": "state"]) }

  /// Waits for something to be so at the fake; records what is there and throws if it never is.
  func wait(for what: String, _ condition: (JSONValue) throws -> Bool) async throws {
    let isSo = try await eventually(within: 90) { try condition(try state()) }
    if !isSo {
      let log = (try? scratch.read("run.log")) ?? ""
      Issue.record("\(what) never came: \(try state().indentedText)\n\(log)")
    }
    try #require(isSo)
  }

  /// The pull requests of the fake, by number.
  func pulls() throws -> [JSONValue] { try state()["pulls"]?.array ?? [] }

  /// Runs orch `kills` times while requests fail in random ways, each time killed at a random moment, and then once
  /// to its end with GitHub well.
  func disturb(
    _ kills: Int, _ faults: [String] = ["drop", "drop-after", "truncate", "status"],
    using random: inout SeededRandom
  ) async throws {
    for _ in 0..<kills {
      try control([
        "op": "fault", "kind": .string(faults.randomElement(using: &random) ?? "drop"),
        "times": .number(Int.random(in: 1...2, using: &random)),
        "after": .number(Int.random(in: 0...12, using: &random)),
      ])
      let run = try play.start(["run", "--until-idle"])
      _ = await eventually(within: Double.random(in: 0.05...2.5, using: &random)) {
        !run.isRunning
      }
      if run.isRunning { kill(run.processIdentifier, SIGKILL) }
      run.waitForEnd()
    }
    try control(["op": "clear"])
    try play.ok("run", "--until-idle")
  }

  /// Adds an issue; returns its number.
  @discardableResult
  func issue(_ title: String, body: String = "", labels: [String] = []) throws -> Int {
    try control([
      "op": "issue", "title": .string(title), "body": .string(body), "labels": .texts(labels),
    ])["number"]?.int ?? 0
  }

  /// Pushes a commit of one file to a branch of the fake, as a person would.
  func push(_ file: String, _ content: String, to branch: String = "main") throws {
    let clone = "person"
    if !scratch.exists(clone) {
      try scratch.git("clone", "-q", scratch["hub/acme/demo.git"], scratch[clone])
    }
    try scratch.git("fetch", "-q", "origin", in: clone)
    try scratch.git("checkout", "-q", "-B", "work", "origin/\(branch)", in: clone)
    try scratch.write("\(clone)/\(file)", content)
    try scratch.git("add", "-A", in: clone)
    try scratch.git("commit", "-qm", "change \(file)", in: clone)
    try scratch.git("push", "-q", "origin", "HEAD:refs/heads/\(branch)", in: clone)
  }

  /// A file of a branch as the fake has it.
  func file(_ name: String, of branch: String = "main") throws -> String {
    try scratch.git("show", "\(branch):\(name)", in: "hub/acme/demo.git")
  }
}

extension GitHubPlayground {
  /// An agent that asks for a colour, and paints once it is told blue; it keeps its prompts.
  static let asksForColour = """
    prompt=$(cat)
    printf '%s' "$prompt" > "$HOME/../prompt-$ORCH_ATTEMPT"
    case "$prompt" in
    *"Paint it blue"*) echo blue > colour ;;
    *)
      printf '{"status":"needs_review","reason":"Which colour?"}' > "$ORCH_OUTPUT"
      exit 0
      ;;
    esac
    git add -A
    git commit -qm "A colour"
    """

  /// A CI that wants the greeting, where there is one, to speak of the world.
  static let greetsWorld = """
    grep -q world greeting.txt 2>/dev/null || [ ! -e greeting.txt ] || { echo 'error: expected: world'; exit 1; }
    """
}
