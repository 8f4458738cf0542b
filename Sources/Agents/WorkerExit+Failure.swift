extension WorkerExit {
  /// The end of standard error that explains a crash, in bytes.
  static let maximumExplanationBytes = 2000

  /// Why the worker failed as a program: from its end, its own words, its exit, in this order.
  ///
  /// Nil is no success: what it did is decided from git and from its result.
  public var failure: AgentFailure? {
    switch reason {
    case .timedOut: AgentFailure(.timedOut, "its time was up")
    case .stalled: AgentFailure(.stalled, "nothing was heard of it for too long")
    case .budget: AgentFailure(.budgetExceeded, "a budget was reached while it ran")
    case .overLimit: AgentFailure(.resourceLimit, limit ?? "a limit was passed")
    case .stopped: AgentFailure(.killed, "it was stopped")
    case .lost: AgentFailure(.killed, "its supervisor was killed")
    case .notStarted: report.failure ?? AgentFailure(.other, "it could not be started")
    case .exited: report.failure ?? failureOfExit
    }
  }

  private var failureOfExit: AgentFailure? {
    if let signal { return Self.failure(signal: signal, words: explanation) }
    guard let exitCode else { return AgentFailure(.crashed, explanation) }
    // A program that ends in order after a signal says so by 128 and the signal's number.
    if exitCode > Self.signalBase, Self.outside.contains(exitCode - Self.signalBase) {
      return Self.failure(signal: exitCode - Self.signalBase, words: explanation)
    }
    if exitCode != 0 {
      return AgentFailure(.crashed, Self.told("exit code \(exitCode)", explanation))
    }
    if report.isComplete { return nil }
    let said = !report.finalText.isEmpty || report.sessionID != nil || report.toolCalls > 0
    return said
      ? AgentFailure(.malformedOutput, Self.told("its output has no end", explanation))
      : AgentFailure(.noOutput, Self.told("it ended without a word", explanation))
  }

  /// What is added to a signal's number in the exit code of a program that caught it.
  private static let signalBase = 128
  /// Hang-up, interrupt, kill, terminate: what others send, not the program's own faults.
  private static let outside: Set<Int> = [1, 2, 9, 15]

  private static func failure(signal: Int, words: String) -> AgentFailure {
    AgentFailure(
      outside.contains(signal) ? .killed : .crashed, told("signal \(signal)", words))
  }

  /// What happened, and the program's own words where it left some.
  private static func told(_ what: String, _ words: String) -> String {
    words.contains { !$0.isWhitespace } ? "\(what): \(words)" : what
  }

  private var explanation: String {
    let words = errorText.isEmpty ? report.finalText : errorText
    return String(keepingLast: Self.maximumExplanationBytes, of: words)
  }
}
