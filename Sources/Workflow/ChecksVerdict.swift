/// What all checks of one pair say together.
public enum ChecksVerdict: Sendable, Hashable {
  /// Something has not ended, or not begun.
  case pending
  /// Everything passed.
  case passed
  /// Something failed, and nothing is pending.
  case failed([FailedCheck])

  /// How many failing checks are named; more are repaired when these are.
  public static let maximumFailures = 20

  /// The verdict of a look on a pair.
  ///
  /// Runs on other pairs count for nothing, and so do runs that were asked for once more. Where the base's rules ask
  /// for some checks, these and the `required` ones decide alone.
  public static func of(
    _ look: Look, _ pair: CommitPair, reruns: [CheckRerun] = [], required: [String] = []
  ) -> ChecksVerdict {
    var latest: [String: CheckLook] = [:]
    for check in look.checks where check.pair == pair { latest[check.name] = check }
    let doubted = Set(reruns.filter { $0.pair == pair }.map { [$0.name, $0.run] })
    let hasRules = latest.values.contains(where: \.isRequired)
    let checks = latest.values.filter { check in
      !hasRules || check.isRequired || required.contains(check.name)
    }.sorted { $0.name < $1.name }
    let isMissing = required.contains { latest[$0] == nil }
    if isMissing || (checks.isEmpty && look.expectsChecks) { return .pending }
    let isPending = checks.contains { check in
      check.state == .pending
        || (check.state == .failed && doubted.contains([check.name, check.run]))
    }
    if isPending { return .pending }
    let failures = checks.filter { $0.state == .failed }.prefix(maximumFailures)
      .map { FailedCheck(name: $0.name, run: $0.run, log: $0.log) }
    return failures.isEmpty ? .passed : .failed(failures)
  }
}
