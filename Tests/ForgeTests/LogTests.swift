import Foundation
import TestSupport
import Testing

@testable import Forge

@Suite(.timeLimit(.minutes(30))) struct `A trimmed log` {
  private func trimmed(
    _ bytes: some Collection<UInt8>, window: ClosedRange<Int>? = nil, pieces: Int = .max
  ) -> TrimmedLog {
    var trimmer = LogTrimmer(window: window)
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      rest.prefix(pieces).withUnsafeBytes { trimmer.add($0) }
      rest = rest.dropFirst(pieces)
    }
    return trimmer.finish()
  }

  private func fixture(_ name: String) throws -> Data {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return try Data(contentsOf: folder.appendingPathComponent("Fixtures/logs/\(name).log"))
  }

  @Test(arguments: [
    ("jest", "FAIL  test/login.test.js", "Run npm test"),
    (
      "swift",
      "/home/runner/work/demo/demo/Sources/Demo/Login.swift:31:18: error: cannot convert return "
        + "expression of type 'Int' to return type 'Duration'", "Run swift test"
    ),
    ("cargo", "test login::expires ... FAILED", "Run cargo test --workspace"),
    ("pytest", "E       assert 3599 == 3600", "Run pytest -q"),
    ("go", "--- FAIL: TestExpires (0.00s)", "Run go test ./..."),
    ("make", "main.c:(.text+0x1f): undefined reference to `session_open'", "Run make -j4"),
    (
      "decoy",
      "src/login.ts(31,5): error TS2322: Type 'number' is not assignable to type "
        + "'Duration'.", "Run npm run build"
    ),
    ("cancelled", "The operation was canceled.", "Run ./slow-tests"),
    (
      "killed",
      "/home/runner/work/_temp/5.sh: line 1:  2417 Killed                  "
        + "./link-everything", "Run ./link-everything"
    ),
    ("noisy", "src/a.c:10:5: error: unknown type name 'sesion_t'", "Run ./build"),
  ])
  func `names the first error of the step that failed`(
    name: String, error: String, section: String
  ) throws {
    let log = try trimmed(fixture(name))
    #expect(log.firstError?.trimmingPrefix { $0 == " " } ?? "" == error)
    #expect(log.section == section)
    #expect(log.text.contains(error))
    #expect(log.text.utf8.count <= ForgeLimits.keptLogBytes)
    try Golden.expect(log.text + "\n", matches: "\(name).txt")
  }

  @Test(arguments: [1, 7, 1000])
  func `is the same however the log comes in pieces`(pieces: Int) throws {
    for name in ["jest", "noisy"] {
      #expect(try trimmed(fixture(name), pieces: pieces) == trimmed(fixture(name)))
    }
  }

  @Test func `has no escape sequences, no time stamps, no credentials`() throws {
    for name in ["jest", "pytest", "noisy"] {
      let text = try trimmed(fixture(name)).text
      #expect(!text.contains("\u{1B}") && !text.contains("2026-03-04T") && !text.contains("\r"))
      #expect(!text.contains("hunter2") && !text.contains("ghp_0123456789"))
    }
    #expect(try trimmed(fixture("pytest")).text.contains("@db.internal:5432/app"))
  }

  @Test func `does not take what another step said for the failure`() throws {
    let log = try trimmed(fixture("decoy"))
    #expect(!log.text.contains("no-var") && !log.text.contains("runs always"))
    #expect(try !trimmed(fixture("jest")).text.contains("could not lock config"))
  }

  @Test func `keeps to the times of the failed step`() {
    let lines = [
      "2026-03-04T09:00:00.0Z error: an early one that was allowed",
      "##[error]no time of its own: counts with the line before",
      "2026-03-04T09:00:10.0Z error: the one",
      "2026-03-04T09:00:20.0Z error: a late one",
    ]
    let start = Instant.parse("2026-03-04T09:00:09Z") ?? 0
    let log = trimmed(lines.joined(separator: "\n").utf8, window: start...(start + 5000))
    #expect(log.firstError == "error: the one")
    #expect(!log.text.contains("early") && !log.text.contains("late one"))
    #expect(log.lineCount == 4)
  }

  @Test(arguments: [
    "0 errors, 3 warnings", "✓ shows error: none", "test refuses_error ... ok", "ok  \tdemo/error",
    "warning: unused variable: `error`", "Finished with 0 failures", "compiling error.c",
    "cc -Werror -c main.c", "PASS  failed: nothing", "##[group]error: in a title",
  ])
  func `is not misled by a harmless line`(line: String) {
    #expect(trimmed(line.utf8).firstError == nil)
  }

  @Test(arguments: [
    "10 errors and error: 10", "TypeError: x is not a function", "E   ValueError", "[ERROR] Failed",
    "npm ERR! code 1", "fatal: not a git repository", "Segmentation fault (core dumped)",
    "✘ Test a() recorded an issue at A.swift:1:1", "bash: foo: command not found",
    "java.lang.IllegalStateException: no", "##[error]Anything at all",
  ])
  func `knows an error`(line: String) { #expect(trimmed(line.utf8).firstError != nil) }

  @Test func `of nothing is nothing, and a line without an end counts`() {
    #expect(trimmed([]) == TrimmedLog(text: "", lineCount: 0))
    #expect(trimmed("a\nb".utf8).text == "a\nb")
    #expect(trimmed("a\n\n\n".utf8).lineCount == 3)
  }

  @Test func `of any bytes stays within its bounds`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    let bits = ["error: ", "\n", "\u{1B}[", "\u{1B}]0;", "##[error]", "##[group]Run ", "é", "\r"]
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<300, using: &random) {
        if Bool.random(using: &random) {
          bytes += Array((bits.randomElement(using: &random) ?? "").utf8)
        } else {
          bytes += (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
      }
      let log = trimmed(bytes, pieces: 13)
      #expect(log.text.utf8.count <= ForgeLimits.keptLogBytes, "seed \(seed)")
      #expect(!log.text.contains("\u{1B}"), "seed \(seed)")
      #expect(log == trimmed(bytes), "seed \(seed)")
    }
  }

  @Test func `of a very long log keeps the first error and the end, in little memory`() {
    var trimmer = LogTrimmer()
    let feed = { (text: String) in Array(text.utf8).withUnsafeBytes { trimmer.add($0) } }
    feed("##[group]Run ./all\n")
    for index in 0..<4000 { feed("line \(index) of something long that says nothing at all\n") }
    feed("error: the first\n")
    for index in 0..<4000 { feed("error: follow-up \(index) because of the first one\n") }
    feed("the last words\n##[error]Process completed with exit code 1.\n")
    feed(String(repeating: "x", count: 100_000) + "\n")
    let log = trimmer.finish()
    #expect(log.firstError == "error: the first" && log.lineCount == 8005)
    #expect(log.text.contains("line 3999") && log.text.contains("the last words"))
    #expect(log.text.contains("lines left out"))
    #expect(log.text.utf8.count <= ForgeLimits.keptLogBytes)
  }
}
