internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What goes to the terminal: results to standard output, everything else to standard error.
enum Output {
  /// Writes a result; what a terminal would obey in it is shown instead.
  static func print(_ text: String) { write(TerminalText.clean(text) + "\n", to: 1) }

  /// Writes a machine-readable result, whose strings have every control character escaped.
  static func print(_ json: JSONValue) {
    write(TerminalText.escaped(json.indentedText) + "\n", to: 1)
  }

  /// Writes progress or a report; what a terminal would obey in it is shown instead.
  static func say(_ text: String) { write(TerminalText.clean(text) + "\n", to: 2) }

  /// Passes on bytes of a log or a patch: as they are to a program, cleaned to a terminal.
  static func pass(_ text: String) {
    write(isatty(1) == 1 ? TerminalText.clean(text) : text, to: 1)
  }

  /// True if progress goes to a person's terminal.
  static var isTerminal: Bool { isatty(2) == 1 }

  /// True if results go to a person's terminal.
  static var hasScreen: Bool { isatty(1) == 1 }

  /// Writes bytes.
  ///
  /// Whoever closed the pipe of the results has read enough: the program ends quietly. Results that cannot be
  /// written for another reason (a full disk) end it with a report. Without its progress it goes on.
  static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        systemWrite(descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
      }
      if count < 0, errno == EINTR { continue }
      if count > 0 {
        position += count
        continue
      }
      guard descriptor == 1 else { return }
      let error = errno
      if error == EPIPE { exit(0) }
      say("error: the result could not be written: \(Errno.text(error))")
      exit(Report.Code.couldNot.rawValue)
    }
  }
}

/// The process' environment: only the composition root reads it.
enum Environment {
  /// One variable.
  static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// All variables.
  static var all: [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let line = String(cString: text)
      if let equals = line.firstIndex(of: "=") {
        result[String(line[..<equals])] = String(line[line.index(after: equals)...])
      }
      entry += 1
    }
    return result
  }
}

/// write(2), under a name that `Output.write` does not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
