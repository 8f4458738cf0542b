import Synchronization
import Testing

@testable import Engine

@Suite struct `What is said of the remote` {
  private struct Limit: PassingError {
    let passes = true
    let waitsUntil: Int?
  }

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  /// What is said of some reports.
  private func said(_ reports: [RunReport]) -> [String] {
    let lines = Lines()
    let voice = RemoteVoice { report in
      lines.all.withLock { said in
        switch report {
        case .remoteUnreachable: said.append("away")
        case .remoteReached: said.append("back")
        case .remoteWaits(let until, _): said.append("waits until \(until)")
        default: said.append("else")
        }
      }
    }
    for report in reports { voice.pass(report) }
    return lines.all.withLock { $0 }
  }

  @Test
  func `a budget that is used up is said once, with its time, whatever is answered meanwhile`() {
    let limit = RunReport.remoteUnreachable(Limit(waitsUntil: 5_000_000))
    let later = RunReport.remoteUnreachable(Limit(waitsUntil: 5_001_000))
    let next = RunReport.remoteUnreachable(Limit(waitsUntil: 8_600_000))
    let story = [limit, .remoteReached, limit, .remoteReached, later, .remoteReached, next, next]
    #expect(said(story) == ["waits until 5000000", "waits until 8600000"])
  }

  @Test func `an outage is said beside it, and its end`() {
    let limit = RunReport.remoteUnreachable(Limit(waitsUntil: 5_000_000))
    let away = RunReport.remoteUnreachable(Limit(waitsUntil: nil))
    let story = [limit, away, limit, away, .remoteReached, limit, .remoteReached]
    #expect(said(story) == ["waits until 5000000", "away", "back"])
  }

  @Test func `a remote that takes nothing is said once for each reason, however often it answers`()
  {
    let refused = {
      RunReport.remoteUnreachable(SyncError.refusedByRemote(remote: "a", detail: $0))
    }
    let story = [
      refused("quota"), .remoteReached, refused("quota"), .remoteReached, refused("hook"),
    ]
    #expect(said(story) == ["away", "away"])
  }
}
