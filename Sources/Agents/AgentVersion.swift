/// The version of an agent program, and whether orch knows its flags.
public struct AgentVersion: Sendable, Hashable {
  /// The numbers, as in 2.1.329.
  public let numbers: [Int]

  /// The first version number in what a program prints; nil if there is none.
  public init?(in text: String) {
    let words = text.split { $0.isWhitespace || $0 == "(" || $0 == ")" }
    for word in words {
      let digits = word.hasPrefix("v") ? word.dropFirst() : word
      let parts = digits.prefix { $0.isNumber || $0 == "." }.split(separator: ".")
      let numbers = parts.compactMap { Int($0) }
      if numbers.count >= 2, numbers.count == parts.count {
        self.numbers = numbers
        return
      }
    }
    return nil
  }

  /// The usual form.
  public var text: String { numbers.map(String.init).joined(separator: ".") }

  /// True if orch knows the flags and the output of this version of a type of agent.
  public func isKnown(for type: String) -> Bool {
    switch (type, numbers[0]) {
    case ("claude", let major): major == 2
    case ("codex", let major): major == 0 && (100..<200).contains(numbers[1])
    case ("opencode", let major): major == 0 || major == 1
    default: true
    }
  }

  /// The versions of a type of agent that orch knows, for a person.
  public static func known(for type: String) -> String {
    switch type {
    case "claude": "2.x"
    case "codex": "0.100 to 0.199"
    case "opencode": "0.x and 1.x"
    default: "every version"
    }
  }
}
