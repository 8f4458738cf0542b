/// Takes out of a text what nobody can see and what changes how the rest is seen.
enum TextCleaning {
  /// The text without terminal sequences, control, bidi and invisible characters; line breaks
  /// become `\n`, tabs stay.
  static func clean(_ text: String) -> String {
    // Most texts are plain ASCII: nothing to take out, nothing to copy.
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 }) {
      return text
    }
    var result = String.UnicodeScalarView()
    var scalars = text.unicodeScalars.makeIterator()
    var pending = scalars.next()
    while let scalar = pending {
      pending = scalars.next()
      switch scalar.value {
      case 0x0D:
        if pending?.value != 0x0A { result.append("\n") }
      case 0x1B:
        pending = skipSequence(pending, &scalars)
      case 0x2028, 0x2029, 0x85: result.append("\n")
      default:
        if !isHidden(scalar.value) { result.append(scalar) }
      }
    }
    return String(result)
  }

  /// The text cleaned, as one line.
  static func line(_ text: String) -> String {
    clean(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Skips what follows an escape character (ECMA-48): a control sequence, a string, or one letter.
  private static func skipSequence(
    _ first: Unicode.Scalar?, _ scalars: inout String.UnicodeScalarView.Iterator
  ) -> Unicode.Scalar? {
    switch first {
    case "[":
      var next = scalars.next()
      while let scalar = next, (0x20...0x3F).contains(scalar.value) { next = scalars.next() }
      // The final byte belongs to the sequence; anything else means that it was none.
      return next.flatMap { (0x40...0x7E).contains($0.value) ? scalars.next() : $0 }
    case "]", "P", "X", "^", "_":
      // A string ends with BEL or the escape of its terminator; a line break means that it was none.
      var next = scalars.next()
      while let scalar = next, ![0x07, 0x0A, 0x1B].contains(scalar.value) { next = scalars.next() }
      return next?.value == 0x07 ? scalars.next() : next
    case .some(let scalar) where (0x40...0x7E).contains(scalar.value): return scalars.next()
    default: return first
    }
  }

  /// Control characters, bidi controls, and characters that are invisible by design (Unicode 16,
  /// sections 23.1 to 23.9): but not joiners, which make up emoji and scripts.
  private static func isHidden(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0: true
    case 0x061C, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF: true
    case 0xFFF9...0xFFFB, 0xE0000...0xE0FFF: true
    default: false
    }
  }
}

extension String {
  /// The text without white space at both ends.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
