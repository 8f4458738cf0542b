extension JSONValue {
  /// The canonical text: members sorted by their UTF-8 bytes, no white space, one spelling per value.
  ///
  /// Two equal values have equal bytes on every machine, so the text can be hashed and compared.
  public var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

  /// The canonical text as UTF-8.
  public var canonicalBytes: [UInt8] {
    var writer = Writer(indentation: nil)
    writer.write(self, depth: 0)
    return writer.output
  }

  /// The same document over several lines, two spaces a level, for people.
  public var indentedText: String {
    var writer = Writer(indentation: 2)
    writer.write(self, depth: 0)
    return String(decoding: writer.output, as: UTF8.self)
  }
}

/// Appends a value's text to a byte buffer.
private struct Writer {
  let indentation: Int?
  var output: [UInt8] = []

  init(indentation: Int?) { self.indentation = indentation }

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .int(let number): append(String(number))
    case .double(let number): append(text(of: number))
    case .string(let text): write(text)
    case .array(let elements):
      list("[", "]", elements, depth: depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      list("{", "}", sorted, depth: depth) { writer, member in
        writer.write(member.key)
        writer.append(writer.indentation == nil ? ":" : ": ")
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }

  private mutating func list<Element>(
    _ open: String, _ close: String, _ elements: [Element], depth: Int,
    each: (inout Writer, Element) -> Void
  ) {
    append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      breakLine(depth: depth + 1)
      each(&self, element)
    }
    if !elements.isEmpty { breakLine(depth: depth) }
    append(close)
  }

  private mutating func breakLine(depth: Int) {
    guard let indentation else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: depth * indentation))
  }

  /// A number that is whole is written as one; JSON has no infinity, so those become `null`.
  private func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    if let whole = Int64(exactly: number) { return String(whole) }
    return "\(number)"
  }

  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func write(_ text: String) {
    output.append(UInt8(ascii: "\""))
    if !text.utf8.contains(where: Self.isEscaped) {
      output.append(contentsOf: text.utf8)
      return output.append(UInt8(ascii: "\""))
    }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F:
        append("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
