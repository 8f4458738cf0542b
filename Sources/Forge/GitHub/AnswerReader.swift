internal import JSON

/// Reads an answer's values: bounded, and an error where the description promises something else.
struct AnswerReader: Sendable {
  /// The value.
  let json: JSONValue
  /// What was asked for, for messages.
  let call: String

  init(_ json: JSONValue, _ call: String) {
    self.json = json
    self.call = call
  }

  /// The error for a member that is missing or of another type.
  private func wrong(_ name: String) -> ForgeError {
    .invalidAnswer(call: call, detail: "'\(name)' is missing or of another type")
  }

  /// A member that must be an object.
  subscript(name: String) -> AnswerReader {
    get throws(ForgeError) {
      guard let member = part(name) else { throw wrong(name) }
      return member
    }
  }

  /// A member that is an object; nil if it is missing or null.
  func part(_ name: String) -> AnswerReader? {
    guard let member = json[name], case .object = member else { return nil }
    return AnswerReader(member, call)
  }

  /// A name or title that must be there.
  func name(_ name: String) throws(ForgeError) -> String {
    guard let text = json[name]?.string else { throw wrong(name) }
    return ForgeLimits.cut(text, to: ForgeLimits.nameBytes)
  }

  /// A name or title; nil if it is missing or null.
  func optionalName(_ name: String) -> String? {
    json[name]?.string.map { ForgeLimits.cut($0, to: ForgeLimits.nameBytes) }
  }

  /// An object's name in hexadecimal, which must be there.
  func commit(_ name: String) throws(ForgeError) -> String {
    guard let text = json[name]?.string, [40, 64].contains(text.utf8.count),
      text.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
    else { throw wrong(name) }
    return text
  }

  /// A long text; empty if it is missing or null.
  func text(_ name: String) -> String {
    ForgeLimits.cut(json[name]?.string ?? "", to: ForgeLimits.textBytes)
  }

  /// A whole number that must be there.
  func number(_ name: String) throws(ForgeError) -> Int {
    guard let number = json[name]?.int else { throw wrong(name) }
    return number
  }

  /// A whole number; nil if it is missing or null.
  func optionalNumber(_ name: String) -> Int? { json[name]?.int }

  /// True if the member says so.
  func flag(_ name: String) -> Bool { json[name]?.bool ?? false }

  /// A time in milliseconds since 1970; nil if it is missing, null, or not a time.
  func time(_ name: String) -> Int? { json[name]?.string.flatMap { Instant.parse($0) } }

  /// A word that must be one of the known; others and missing ones become `standard`.
  func word<Word: RawRepresentable>(_ name: String, or standard: Word) -> Word
  where Word.RawValue == String {
    json[name]?.string.flatMap(Word.init(rawValue:)) ?? standard
  }

  /// The elements of this list, or of an object with a list named so; those that decode to nil are left out.
  func elements<Element>(
    _ decode: (AnswerReader) throws(ForgeError) -> Element?
  ) throws(ForgeError) -> [Element] {
    guard let list = json.array else { throw wrong("list") }
    var result: [Element] = []
    for element in list {
      if let value = try decode(AnswerReader(element, call)) { result.append(value) }
    }
    return result
  }

  /// The elements of a member that is a list.
  func elements<Element>(
    _ name: String, _ decode: (AnswerReader) throws(ForgeError) -> Element?
  ) throws(ForgeError) -> [Element] {
    guard let list = json[name], list.array != nil else { throw wrong(name) }
    return try AnswerReader(list, call).elements(decode)
  }

  /// The nodes of a GraphQL connection; null ones are left out.
  func nodes<Element>(
    _ name: String, _ decode: (AnswerReader) throws(ForgeError) -> Element?
  ) throws(ForgeError) -> [Element] {
    try self[name].elements("nodes") { node throws(ForgeError) in
      node.json.isNull ? nil : try decode(node)
    }
  }

  /// True if a GraphQL connection has more nodes than it shows.
  func isCut(_ name: String) -> Bool {
    guard let connection = part(name), let nodes = connection.json["nodes"]?.array else {
      return false
    }
    return connection.optionalNumber("totalCount") ?? 0 > nodes.count
  }
}
