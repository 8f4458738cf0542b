internal import Redaction
internal import Settings
internal import Synchronization

/// What takes secrets out of everything that is stored, made of the configuration and the environment.
final class SecretRules: Sendable {
  private let patterns: [SecretPattern]
  private let values: [String]
  /// Made at the first use: commands that only look need none.
  private let redactor = Mutex<Redactor?>(nil)

  /// Reads the configured shapes; throws `CommandError` for one that cannot be used.
  init(_ settings: RedactionSettings, environment: [String: String]) throws {
    var patterns: [SecretPattern] = []
    for (name, text) in settings.patterns.sorted(by: { $0.key < $1.key }) {
      do throws(SecretPatternError) {
        patterns.append(try SecretPattern(text, kind: SecretPattern.kind(named: name)))
      } catch {
        throw CommandError(
          "the pattern 'redaction.patterns.\(name)' cannot be used",
          causes: [Self.words(error)],
          hints: ["write it as three literal characters, then classes: 'acme_[A-Za-z0-9]{32}'"])
      }
    }
    self.patterns = patterns
    values = SecretVariables.values(in: environment, also: settings.variables)
  }

  /// The bytes without their secrets.
  func redact(_ bytes: [UInt8]) -> [UInt8] {
    let ready = redactor.withLock { redactor in
      let ready = redactor ?? Redactor(patterns: patterns, values: values)
      redactor = ready
      return ready
    }
    return ready.redact(bytes)
  }

  private static func words(_ error: SecretPatternError) -> String {
    switch error {
    case .kind(let kind): "'\(kind)' is no name"
    case .tooLong(let limit): "it is longer than \(limit) bytes"
    case .noHead(let count):
      "its first \(count) characters must be literal, or classes of few characters"
    case .ambiguous: "a repetition in it could take what follows it"
    case .syntax(let index): "byte \(index + 1) cannot be read"
    }
  }
}
