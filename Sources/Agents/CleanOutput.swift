public import Redaction

extension WorkerLaunch {
  /// What takes secrets out of the worker's output: the values of its own environment, shapes that are
  /// known, and the shapes of the configuration.
  ///
  /// A shape that cannot be read is passed over: it was refused when the configuration was loaded.
  public var redactor: Redactor {
    Redactor(
      patterns: secretPatterns.compactMap { name, text in
        try? SecretPattern(text, kind: SecretPattern.kind(named: name))
      },
      values: SecretVariables.values(in: environment, also: secretVariables))
  }
}
