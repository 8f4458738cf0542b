import Foundation
import JSON
import TestSupport
import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `A failed job's log` {
  private func rig(
    _ log: String, steps: [JSONValue] = [], timeoutSeconds: Int = 300
  ) async throws -> (Rig, Check) {
    let rig = try await Rig(timeoutSeconds: timeoutSeconds)
    rig.fake.edit {
      $0.jobs[91] = .init(id: 91, name: "test", log: Array(log.utf8), steps: steps)
    }
    var check = Check(name: "test")
    check.runID = 91
    check.workflowRunID = 17
    return (rig, check)
  }

  @Test func `is read from its store without the token, with the step that failed`() async throws {
    let steps: [JSONValue] = [
      ["name": "Lint", "status": "completed", "conclusion": "success", "number": 1],
      [
        "name": "Test", "status": "completed", "conclusion": "failure", "number": 2,
        "started_at": "2026-03-04T09:00:10Z", "completed_at": "2026-03-04T09:00:12Z",
      ],
    ]
    let text = """
      2026-03-04T09:00:01.5Z error: of a step that was allowed to fail
      2026-03-04T09:00:11.5Z error: the one
      2026-03-04T09:00:12.5Z ##[error]Process completed with exit code 1.
      2026-03-04T09:00:30.5Z error: could not clean up
      """
    let (rig, check) = try await rig(text, steps: steps)
    let log = try #require(try await rig.forge.failureLog(of: check))
    #expect(log.job == "test" && log.step == "Test" && log.url == "https://github.example/job")
    #expect(log.log.firstError == "error: the one" && !log.log.isCutOff)
    #expect(rig.count("GET /_logs") == 1)
    rig.expectContractKept()
  }

  @Test func `is read whole when the step's times hold no error`() async throws {
    let steps: [JSONValue] = [
      [
        "name": "Test", "status": "completed", "conclusion": "failure", "number": 2,
        "started_at": "2020-03-04T09:00:10Z", "completed_at": "2020-03-04T09:00:12Z",
      ]
    ]
    let (rig, check) = try await rig("2026-03-04T09:00:01.5Z error: here\n", steps: steps)
    #expect(try await rig.forge.failureLog(of: check)?.log.firstError == "error: here")
  }

  @Test func `is asked for anew when the store breaks off`() async throws {
    let (rig, check) = try await rig(String(repeating: "a line\n", count: 1000) + "error: end\n")
    rig.fake.fail("/_logs/", .truncate)
    rig.fake.fail("/_logs/", .status(503))
    #expect(try await rig.forge.failureLog(of: check)?.log.firstError == "error: end")
    #expect(rig.count("GET /repos/acme/demo/actions/jobs/91/logs") == 3)
    rig.expectContractKept()
  }

  @Test func `is given up when the store falls silent`() async throws {
    let (rig, check) = try await rig("error: x\n", timeoutSeconds: 1)
    rig.fake.fail("GET /_logs/", .stall, times: 9)
    let error = await failure { () throws(ForgeError) in try await rig.forge.failureLog(of: check) }
    #expect(error == .timedOut(call: "read the log of 'test'", seconds: 1))
    rig.expectContractKept()
  }

  @Test func `that is gone, or was never kept, is nil`() async throws {
    let (rig, check) = try await rig("x")
    rig.fake.fail("GET /_logs", .status(410))
    #expect(try await rig.forge.failureLog(of: check) == nil)
    rig.fake.edit { $0.jobs[91]?.log = nil }
    #expect(try await rig.forge.failureLog(of: check) == nil)
    rig.fake.clearLog()
    #expect(try await rig.forge.failureLog(of: Check(name: "a status")) == nil)
    #expect(rig.fake.log.isEmpty)
  }

  @Test func `behind an address without TLS is not read`() async throws {
    let (rig, check) = try await rig("x")
    rig.fake.fail("/logs", .redirect("http://logs.invalid/91"))
    let error = await failure { () throws(ForgeError) in try await rig.forge.failureLog(of: check) }
    #expect(error == .movedElsewhere(call: "read the log of 'test'", host: "logs.invalid"))
  }

  @Test func `of thousands of lines is cut while it is read`() async throws {
    let line = "a line of a log that goes on and on and says nothing to anybody at all\n"
    let (rig, check) = try await rig(String(repeating: line, count: 5000) + "error: at last\n")
    let log = try #require(try await rig.forge.failureLog(of: check))
    #expect(log.log.firstError == "error: at last" && log.log.lineCount == 5001)
    #expect(log.log.text.utf8.count <= ForgeLimits.keptLogBytes)
  }
}
