internal import ArgumentParser
internal import JSON

/// What a person sees of an error: one sentence, its causes in order, and what to type next.
struct Report: Sendable, Equatable {
  /// Exit codes; published, never reused.
  enum Code: Int32, Sendable {
    /// It could not be done, and the person can mend it.
    case couldNot = 1
    /// A fault in orch.
    case fault = 70
    /// Busy: try again.
    case busy = 75
    /// Interrupted.
    case interrupted = 130
  }

  /// The exit code.
  var code = Code.couldNot
  /// What failed.
  var sentence: String
  /// Why, in order.
  var causes: [String] = []
  /// Commands to type, or files to look at.
  var hints: [String] = []

  init(_ sentence: String, causes: [String] = [], hints: [String] = [], code: Code = .couldNot) {
    self.sentence = sentence
    self.causes = causes
    self.hints = hints
    self.code = code
  }

  /// The lines for standard error.
  var text: String {
    var lines = ["error: \(sentence)"]
    lines += causes.map { "  because: \($0)" }
    lines += hints.map { "hint: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// What failed and why, to stand in a line with more.
  var line: String { ([sentence] + causes).joined(separator: "; ") }

  /// All of it for machines.
  var json: JSONValue {
    [
      "error": .string(sentence), "because": .texts(causes), "hints": .texts(hints),
      "code": .number(Int(code.rawValue)),
    ]
  }
}

/// An error of the command line's own, ready to be shown.
struct CommandError: Error {
  let report: Report

  init(
    _ sentence: String, causes: [String] = [], hints: [String] = [],
    code: Report.Code = .couldNot
  ) {
    report = Report(sentence, causes: causes, hints: hints, code: code)
  }
}

extension CommandError: CustomStringConvertible {
  /// The error in words, on one line: for a task's reason.
  var description: String {
    let causes = report.causes.map { "; \($0)" }.joined()
    let hints = report.hints.isEmpty ? "" : " (\(report.hints.joined(separator: "; ")))"
    return report.sentence + causes + hints
  }
}

/// Ends the program with what went wrong.
enum Failure {
  /// Shows an error and returns the exit code; `command` is the one that threw it, once it is known.
  static func report(
    _ error: any Error, words: [String], of command: (any ParsableCommand.Type)? = nil
  ) -> Int32 {
    if let clean = error as? CleanExit {
      Output.print(OrchCommand.message(for: clean))
      return 0
    }
    // A command that ran another one ends with that one's code and has nothing to add.
    if let code = error as? ExitCode { return code.rawValue }
    if error is ValidationError || isUsage(error) {
      let code = OrchCommand.exitCode(for: error)
      // Help that was asked for comes as an error of the help command.
      let known = error is ValidationError ? command : nil
      let text = known.map { usage(error, of: $0) } ?? OrchCommand.fullMessage(for: error)
      if code.isSuccess { Output.print(text) } else { Output.say(text) }
      return code.rawValue
    }
    let report = Explanation.report(of: error)
    if words.contains("--json") {
      Output.say(report.json.canonicalText)
    } else {
      Output.say(report.text)
    }
    return report.code.rawValue
  }

  /// What is wrong with the words of a command that was understood so far, and how it is used.
  private static func usage(_ error: any Error, of command: any ParsableCommand.Type) -> String {
    let usage = OrchCommand.usageString(for: command)
    let words = usage.split(separator: " ").prefix { !$0.hasPrefix("[") && !$0.hasPrefix("<") }
    let name = words.filter { !$0.hasPrefix("-") }.joined(separator: " ")
    return "Error: \(OrchCommand.message(for: error))\nUsage: \(usage)\n"
      + "  See '\(name) --help' for more information."
  }

  /// ArgumentParser's own errors are not public types: they are those with an exit code of their own.
  private static func isUsage(_ error: any Error) -> Bool {
    if error is ExitCode { return true }
    return OrchCommand.exitCode(for: error) != ExitCode.failure
  }
}
