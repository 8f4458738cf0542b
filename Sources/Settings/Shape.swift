/// What a key may hold: drives reading, error messages and the manual.
indirect enum Shape: Sendable {
  /// `true` or `false`; YAML's other spellings (`yes`, `off`) are taken too.
  case flag
  /// A whole number within bounds.
  case integer(ClosedRange<Int>)
  /// A number within bounds.
  case number(ClosedRange<Double>)
  /// One text.
  case text
  /// One of a few words.
  case choice([String])
  /// A list of texts; a single text counts as a list of one.
  case texts
  /// A program with arguments as a list, or a line for `sh -c`.
  case command
  /// Fixed keys; a bare value stands for the key named by `shorthand`.
  case record([FieldDescription], shorthand: String?)
  /// Keys that the user names; a bare value stands for the name `shorthand`.
  case map(Shape, NameRule, shorthand: String?)
  /// A list of records.
  case list(Shape)

  /// The shape in words: what an error says was expected.
  var words: String {
    switch self {
    case .flag: "true or false"
    case .integer(let range): "a whole number \(Self.bounds(range.lowerBound, range.upperBound))"
    case .number(let range):
      "a number \(Self.bounds(Int(range.lowerBound), Int(range.upperBound)))"
    case .text: "a text"
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .texts: "a list of texts"
    case .command: "a list of program and arguments, or a shell line"
    case .record(let fields, let shorthand):
      Self.orShorthand(
        shorthand.flatMap { name in fields.first { $0.name == name }?.shape }, or: "a map of keys")
    case .map(let element, _, let shorthand):
      Self.orShorthand(shorthand.map { _ in element }, or: "a map of names to \(element.plural)")
    case .list(let element): "a list of \(element.plural)"
    }
  }

  private var plural: String {
    switch self {
    case .flag: "flags"
    case .integer, .number: "numbers"
    case .text, .choice: "texts"
    case .texts, .list: "lists"
    case .command: "commands"
    case .record, .map: "maps"
    }
  }

  private static func bounds(_ low: Int, _ high: Int) -> String {
    high == Limits.unbounded ? "of at least \(low)" : "from \(low) to \(high)"
  }

  private static func orShorthand(_ shape: Shape?, or words: String) -> String {
    shape.map { $0.words + ", or " + words } ?? words
  }
}

/// Which names the user may choose in a map.
enum NameRule: Sendable {
  /// Letters, digits, `.`, `_` and `-`; `what` says what is named: "agent".
  case word(what: String)
  /// Words and also `/` and `:`, as in names of models.
  case path(what: String)
  /// Names of environment variables.
  case variable
  /// One of a few.
  case listed([String], what: String)

  /// What is named, for the manual: `<agent>`.
  var placeholder: String {
    switch self {
    case .word(let what), .path(let what), .listed(_, let what): "<\(what)>"
    case .variable: "<variable>"
    }
  }

  /// The longest name, in characters.
  static let maximumLength = 100

  /// True if a name may be used.
  func allows(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= Self.maximumLength else { return false }
    switch self {
    case .word: return name.utf8.allSatisfy { Self.isWord($0) } && name.utf8.first != 0x2D
    case .path:
      return name.utf8.allSatisfy {
        Self.isWord($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":")
      }
    case .variable:
      return name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
    case .listed(let names, _): return names.contains(name)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
