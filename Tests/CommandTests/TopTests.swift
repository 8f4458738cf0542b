import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `orch top` {
  let scratch = Scratch.current

  /// Runs a command on a terminal of its own; types `q` once what it printed has a text in it, and says what came.
  private static let typist = """
    import os, pty, sys
    wanted = sys.argv[1].encode()
    seen = b""
    pid, screen = pty.fork()
    if pid == 0:
        os.execv(sys.argv[2], sys.argv[2:])
    typed = False
    while True:
        try:
            data = os.read(screen, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
        if wanted in seen and not typed:
            os.write(screen, b"q")
            typed = True
    sys.stdout.buffer.write(seen)
    sys.exit(os.waitpid(pid, 0)[1] >> 8)
    """

  private func onTerminal(_ words: String..., until text: String) throws -> CommandResult {
    try scratch.run(["python3", "-c", Self.typist, text, BuiltProgram.orch] + words, in: "repo")
  }

  /// An agent that says something, and waits until it is let go on.
  private var reader: String {
    """
    cat > /dev/null
    echo "reading the manual"
    while [ ! -e "\(scratch["go"])" ]; do sleep 0.05; done
    echo x > x
    git add -A
    git commit -qm Work
    """
  }

  @Test func `shows on a live screen what goes on elsewhere, and gives the terminal back`()
    async throws
  {
    let play = try Playground(agent: reader)
    try play.ok("task", "add", "Fix\u{1B}[31m the login")
    try play.ok("task", "add", "Later", "--label", "no-agent")
    try play.ok("start")
    defer { _ = try? play.orch("stop", "--now") }
    #expect(
      try await eventually { try play.ok("top").contains("reading the manual") })
    let state = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    let page = try play.ok("top", "--once")
    let worker = page.components(separatedBy: "\n").first { $0.contains("reading the manual") }
    #expect(worker?.contains("the login") == true && worker?.contains("worker") == true, "\(page)")
    #expect(
      page.contains("AT WORK") && page.contains("Later") && page.contains("orch run, process"))
    let json = try JSONValue(parsing: play.ok("top", "--json"))
    #expect(json["workers"]?.array?.first?["doing"]?.string?.contains("reading") == true)
    #expect(json["orchestrator"]?["log"] != nil)
    let live = try onTerminal("top", until: "reading the manual")
    #expect(live.exitCode == 0)
    #expect(live.output.contains("\u{1B}[?1049h") && live.output.hasSuffix("\u{1B}[?1049l"))
    #expect(live.output.contains("q ends") && !live.output.contains("\u{1B}[31m"))
    // It looked, and that was all.
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == state)
    try scratch.write("go", "")
    let done = try onTerminal("top", until: "DONE")
    #expect(done.exitCode == 0 && done.output.contains("DONE"))
  }

  @Test func `tells a worker that is suspended from one that waits for its turn`() async throws {
    let play = try Playground(agent: reader)
    let id = try play.ok("task", "add", "Fix the login", "--quiet")
    try play.ok("start")
    defer { _ = try? play.orch("stop", "--now") }
    #expect(try await eventually { try play.ok("top").contains("reading the manual") })
    // As where the claim may be gone: its supervisor looks at the same file.
    let attempt = try play.tasks().first?["attempts"]?.array?.first
    let folder = "repo/.git/orch/run/\(id)/\(attempt?["token"]?.int ?? 0)"
    try #require(scratch.exists(folder))
    try scratch.write(folder + "/fence", "0")
    let isHeld = try await eventually {
      try scratch.read(folder + "/progress.json").contains("waiting")
    }
    #expect(isHeld)
    let page = try play.ok("top", "--once")
    #expect(page.contains("is suspended until the remote has heard of this machine"), "\(page)")
    try FileManager.default.removeItem(atPath: scratch[folder + "/fence"])
    #expect(try await eventually { try play.ok("top").contains("reading the manual") })
    try scratch.write("go", "")
    #expect(try await eventually { try play.ok("top").contains("DONE") })
  }

  @Test func `says what is wrong before it takes the screen`() throws {
    let nowhere = try scratch.run([BuiltProgram.orch, "top"], in: scratch.path)
    #expect(nowhere.exitCode == 1 && nowhere.errorOutput.contains("not in a git repository"))
    try scratch.repository()
    let empty = try onTerminal("top", until: "never printed")
    #expect(empty.exitCode == 1 && !empty.output.contains("\u{1B}[?1049h"), "\(empty)")
  }
}
