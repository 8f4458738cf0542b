import JSON
import Testing

@testable import Forge
@testable import GitHubFake

/// A fake GitHub, a clock that tests move, and a forge that speaks with the one by the other.
struct Rig {
  let fake: FakeGitHub
  let clock = ManualClock()
  let budget: APIBudget
  let forge: GitHubForge

  static let secret = "good"

  init(
    repository: String = "acme/demo", token: String = Rig.secret,
    patience: APIBudget.Patience = .init(), timeoutSeconds: Int = 600
  ) async throws {
    fake = try await FakeGitHub.start()
    budget = APIBudget(clock: clock.clock, patience: patience)
    var configuration = try GitHubConfiguration(repository: repository, api: fake.url)
    configuration.timeoutSeconds = timeoutSeconds
    configuration.logTimeoutSeconds = timeoutSeconds
    forge = try GitHubForge(
      configuration, tokens: .fixed(AccessToken(token)), budget: budget, clock: clock.clock)
  }

  /// The client never asked for anything that GitHub's description does not have.
  func expectContractKept(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(fake.problems == [], sourceLocation: sourceLocation)
  }

  /// How often a request was made whose label begins so.
  func count(_ beginning: String) -> Int {
    fake.log.count { $0.label.hasPrefix(beginning) }
  }
}

/// The error that an operation throws; records an issue if it throws none.
func failure(
  sourceLocation: SourceLocation = #_sourceLocation,
  of operation: () async throws(ForgeError) -> some Any
) async -> ForgeError? {
  do throws(ForgeError) {
    _ = try await operation()
    Testing.Issue.record("no error was thrown", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}
