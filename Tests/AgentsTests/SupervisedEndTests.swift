import Agents
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The end of a supervised worker` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  @Test func `output, errors, tool calls, cost and code are kept`() async throws {
    let exit = try await bench.end(
      bench.run(
        """
        echo hello; echo '{"type":"tool","text":"make test"}'
        echo '{"type":"cost","usd":0.5,"input_tokens":3}'; echo oops >&2; printf last; exit 3
        """))
    #expect(exit.reason == .exited)
    #expect(exit.exitCode == 3)
    #expect(exit.signal == nil)
    #expect(exit.report.finalText == "hello\nlast")
    #expect(exit.report.costUSD == 0.5)
    #expect(exit.errorText == "oops\n")
    #expect(exit.failure?.kind == .crashed)
    #expect(exit.leftovers == 0)
    #expect(try #require(exit.startedAt) <= exit.endedAt)
    #expect(try scratch.read("run/output.log").hasPrefix("hello\n"))
    #expect(try scratch.read("run/error.log") == "oops\n")
    let tool = try JSONValue(parsing: scratch.read("run/tools.ndjson"))
    #expect(tool["tool"] == "make test")
  }

  @Test func `a signal is told apart from a code`() async throws {
    let exit = try await bench.end(bench.run("kill -SEGV $$"))
    #expect(exit.exitCode == nil)
    #expect(exit.signal == 11)
    #expect(exit.failure?.kind == .crashed)
  }

  @Test func `the agent sees its environment, its prompt and its three descriptors, no more`()
    async throws
  {
    try scratch.write("prompt.md", "the prompt")
    let exit = try await bench.end(
      bench.run(
        """
        cat; echo; env | sort; echo -n fds
        for i in $(seq 0 300); do [ -e /proc/$$/fd/$i ] && echo -n " $i"; done
        """
      ) {
        $0.inputFile = scratch["prompt.md"]
        $0.environment = ["PATH": "/usr/bin:/bin", "ONE": "1"]
      })
    let lines = exit.report.finalText.split(separator: "\n").map(String.init)
    #expect(lines.first == "the prompt")
    #expect(lines.contains("ONE=1"))
    #expect(lines.contains("ORCH_RUN_DIRECTORY=\(scratch["run"])"))
    let names = Set(lines.dropFirst().dropLast().map { $0.prefix { $0 != "=" } })
    #expect(
      names.subtracting(["_", "PWD", "SHLVL", "OLDPWD"]) == ["PATH", "ONE", "ORCH_RUN_DIRECTORY"])
    #expect(lines.last == "fds 0 1 2")
  }

  @Test func `an agent that closed its output goes on to its end`() async throws {
    let exit = try await bench.end(
      bench.run("echo said; exec >&- 2>&-; sleep 0.5; echo x > later; exit 4"))
    #expect(exit.exitCode == 4)
    #expect(scratch.exists("later"))
    #expect(exit.report.finalText == "said")
  }

  @Test func `what the agent cannot be started for is said`() async throws {
    let missing = try await bench.end(bench.run("", name: "a") { $0.program = "/nonexistent/x" })
    #expect(missing.reason == .notStarted)
    #expect(missing.failure?.kind == .notInstalled)
    let gone = try await bench.end(bench.run("", name: "b") { $0.directory = scratch["gone"] })
    #expect(gone.failure?.kind == .other)
    #expect(gone.failure?.message.contains("gone") == true)
    let script = try scratch.write("script", "#!/nonexistent/interpreter\n")
    #expect(chmod(script, 0o755) == 0)
    let orphan = try await bench.end(bench.run("", name: "c") { $0.program = script })
    #expect(orphan.failure?.kind == .notInstalled)
    #expect(orphan.failure?.message.contains("interpreter") == true)
    let folder = try await bench.end(bench.run("", name: "d") { $0.program = scratch.path })
    #expect(folder.failure?.kind == .other)
    let prompt = try await bench.end(bench.run("", name: "e") { $0.inputFile = scratch["none"] })
    #expect(prompt.failure?.message.contains("prompt") == true)
  }

  @Test func `a broken launch file ends the attempt, once`() async throws {
    try scratch.write("run/launch.json", #"{"program":"#)
    let exit = try await bench.end(startedWithoutPreparation())
    #expect(exit.reason == .notStarted)
    #expect(exit.failure?.message.contains("launch.json") == true)
  }

  private func startedWithoutPreparation() throws -> WorkerMonitor {
    let monitor = WorkerMonitor(directory: scratch["run"])
    try bench.start(monitor)
    return monitor
  }

  @Test func `binary output and invalid text do no harm`() async throws {
    let exit = try await bench.end(
      bench.run("head -c 300000 /dev/urandom; printf '\\n\\xff\\xfe\\x00x\\nend\\n'"))
    #expect(exit.exitCode == 0)
    #expect(exit.report.finalText.hasSuffix("end"))
  }

  @Test func `a line of fifty megabytes is passed over, what follows is not`() async throws {
    let exit = try await bench.end(
      bench.run("head -c 50000000 /dev/zero; echo; echo end; printf 'no newline'") {
        $0.logBytes = 1 << 20
      })
    #expect(exit.report.finalText == "end\nno newline")
  }

  @Test func `the log is bounded in two parts that follow each other`() async throws {
    let exit = try await bench.end(
      bench.run("for i in $(seq 100000 299999); do echo $i; done") { $0.logBytes = 200_000 })
    #expect(exit.report.finalText.hasSuffix("299999"))
    let older = try scratch.read("run/output.1.log")
    let newer = try scratch.read("run/output.log")
    #expect(older.utf8.count <= 200_000)
    #expect(newer.utf8.count <= 200_000)
    let lines = (older + newer).split(separator: "\n")
    let first = try #require(lines.dropFirst().first.flatMap { Int($0) })
    #expect(lines.dropFirst().compactMap { Int($0) } == Array(first...299_999))
  }

  @Test func `a disk that takes nothing more does not stop the agent`() async throws {
    let monitor = try bench.prepare(
      "for i in $(seq 1 40000); do echo $i; done; echo '{\"type\":\"cost\",\"usd\":2}'")
    // Files of this supervisor may have 64 KiB, as a full disk would have it.
    try monitor.start(
      program: "/bin/bash",
      arguments: ["-c", "ulimit -f 64; exec \"$0\" \"$@\"", WorkerBench.supervisor],
      environment: scratch.environment)
    let exit = try await bench.end(monitor)
    #expect(exit.exitCode == 0)
    #expect(exit.report.costUSD == 2)
    #expect(exit.report.finalText.hasSuffix("40000"))
  }

  @Test func `the end is written once and stays`() async throws {
    let monitor = try bench.run("echo run >> runs")
    let first = try await bench.end(monitor)
    let bytes = try scratch.read("run/exit.json")
    try bench.start(monitor)
    let again = try scratch.run([WorkerBench.supervisor, "supervise", scratch["run"]])
    #expect(again.exitCode == 0)
    #expect(!monitor.recordLoss())
    #expect(try scratch.read("run/exit.json") == bytes)
    #expect(try await bench.end(monitor) == first)
    #expect(try scratch.read("runs") == "run\n")
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch["run"])
    #expect(!files.contains { $0.contains("json.") }, "temporary files: \(files)")
  }

  @Test func `the orchestrator is woken`() async throws {
    #expect(mkfifo(scratch["bell"], 0o600) == 0)
    let bell = open(scratch["bell"], O_RDWR | O_NONBLOCK)
    defer { close(bell) }
    _ = try await bench.end(bench.run("echo hello") { $0.bell = scratch["bell"] })
    var bytes = [UInt8](repeating: 0, count: 100)
    #expect(await eventually { read(bell, &bytes, bytes.count) > 0 })
  }

  @Test func `a bell that is no pipe stays as it is`() async throws {
    try scratch.write("bell", "")
    _ = try await bench.end(bench.run("echo hello") { $0.bell = scratch["bell"] })
    #expect(try scratch.read("bell").isEmpty)
  }
}
