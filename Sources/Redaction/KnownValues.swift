/// Values that are secret whatever they look like, in every form in which they travel.
struct KnownValues: Sendable {
  /// The shortest value that is looked for, in bytes: a shorter one would be found everywhere.
  static let minimumLength = 8
  /// The most forms that are looked for.
  static let maximumForms = 20_000

  private var forms: [(text: [UInt8], isEncoded: Bool)] = []
  /// The forms by their first four bytes, the longest first.
  private var byHead: [UInt32: [Int]] = [:]

  /// No value.
  init() {}

  /// Makes the forms of values: as they are, in JSON, in URLs, in base64.
  ///
  /// Each line of a value is one of its own. Values of digits only are passed over: a number in JSON
  /// cannot give way to a text.
  init(_ values: [String]) {
    var seen: Set<[UInt8]> = []
    for value in values {
      for line in value.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
        let bytes = Array(line)
        guard bytes.count >= Self.minimumLength, !bytes.allSatisfy(\.isDigit) else { continue }
        for (form, isEncoded) in Self.forms(of: bytes)
        where forms.count < Self.maximumForms && seen.insert(form).inserted {
          forms.append((form, isEncoded))
        }
      }
    }
    for index in forms.indices {
      byHead[Self.head(forms[index].text, 0), default: []].append(index)
    }
    for head in byHead.keys {
      byHead[head]?.sort { forms[$0].text.count > forms[$1].text.count }
    }
  }

  /// The first bytes of every form.
  var heads: [[UInt8]] { forms.map { Array($0.text.prefix(3)) } }

  /// The place of a value that begins at an index, and how far was looked.
  func match(in line: Line, at index: Int) -> (range: Range<Int>?, looked: Int) {
    guard index + 4 <= line.end, let candidates = byHead[Self.head(line.bytes, index)] else {
      return (nil, 4)
    }
    for candidate in candidates where line.has(forms[candidate].text, at: index) {
      let end = index + forms[candidate].text.count
      guard forms[candidate].isEncoded else { return (index..<end, end - index) }
      // The characters at both ends of the encoded value hold bits of its neighbours too.
      return (
        line.startOfRun(
          .base64Any, before: index, limit: 2)..<line.endOfRun(.base64Any, from: end, limit: 2),
        end - index
      )
    }
    return (nil, candidates.count * 4)
  }

  private static func head(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[index + $1]) }
  }

  private static func forms(of bytes: [UInt8]) -> [(text: [UInt8], isEncoded: Bool)] {
    var plain = [bytes, escaped(bytes), escaped(escaped(bytes))]
    for isUpper in [true, false] {
      for keeping in ["", "-_.", "-_.~", "-_.~!*'()"] {
        plain.append(inURL(bytes, isUpper: isUpper, keeping: keeping))
      }
    }
    var result = plain.map { ($0, false) }
    for offset in 0..<3 {
      for isURL in [false, true] {
        let text = Base64.encode([UInt8](repeating: 0, count: offset) + bytes, isURL: isURL)
        // What depends on the bytes before and behind is left out.
        let inner = text.dropFirst([0, 2, 3][offset]).dropLast(
          (offset + bytes.count) % 3 == 0 ? 0 : 1)
        if inner.count >= minimumLength { result.append((Array(inner), true)) }
      }
    }
    return result
  }

  /// The form in a JSON text.
  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x22, 0x5C: [0x5C, byte]
      case 0x09: [0x5C, UInt8(ascii: "t")]
      default: [byte]
      }
    }
  }

  private static func inURL(_ bytes: [UInt8], isUpper: Bool, keeping: String) -> [UInt8] {
    let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return bytes.flatMap { byte -> [UInt8] in
      byte.isLetter || byte.isDigit || keeping.utf8.contains(byte)
        ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}
