/// A token that has no beginning of its own: a mark with so many characters before and after it.
struct MiddleShape: Sendable {
  let kind: String
  let mark: StaticString
  let before: ByteSet
  let countBefore: ClosedRange<Int>
  let after: ByteSet
  let countAfter: ClosedRange<Int>
  /// What must follow it.
  var ending: StaticString = ""

  static let all: [MiddleShape] = [
    MiddleShape(
      kind: "telegram-token", mark: ":AA", before: .digits, countBefore: 7...12, after: .url,
      countAfter: 30...36),
    MiddleShape(
      kind: "terraform-token", mark: ".atlasv1.", before: .alphanumeric, countBefore: 10...20,
      after: .base64Any, countAfter: 50...90),
    MiddleShape(
      kind: "azure-secret", mark: "Q~", before: ByteSet("A-Za-z0-9_.~-"), countBefore: 4...4,
      after: ByteSet("A-Za-z0-9_.~-"), countAfter: 31...34),
    MiddleShape(
      kind: "azure-token", mark: "AZDO", before: .alphanumeric, countBefore: 76...76,
      after: .alphanumeric, countAfter: 4...4),
    azureKey("+ASt", 76), azureKey("+ASb", 33), azureKey("+AEh", 33), azureKey("ACDb", 76),
    MiddleShape(
      kind: "azure-key", mark: "AzFu", before: .url, countBefore: 44...44, after: .url,
      countAfter: 6...6, ending: "=="),
    MiddleShape(
      kind: "azure-key", mark: "AzSe", before: .alphanumeric, countBefore: 42...42,
      after: .alphanumeric, countAfter: 6...6),
    MiddleShape(
      kind: "mailchimp-key", mark: "-us", before: .lowerHex, countBefore: 32...32, after: .digits,
      countAfter: 1...2),
    MiddleShape(
      kind: "discord-token", mark: ".G", before: .alphanumeric, countBefore: 23...30,
      after: ByteSet("A-Za-z0-9_.-"), countAfter: 33...50),
    MiddleShape(
      kind: "database-password", mark: "@tcp(", before: ByteSet("A-Za-z0-9_.:!$%^*+=~-"),
      countBefore: 3...200, after: ByteSet("A-Za-z0-9_.:-"), countAfter: 1...200),
  ]

  private static func azureKey(_ mark: StaticString, _ before: Int) -> MiddleShape {
    MiddleShape(
      kind: "azure-key", mark: mark, before: ByteSet("A-Za-z0-9+/"), countBefore: before...before,
      after: ByteSet("A-Za-z0-9+/"), countAfter: 5...8, ending: "=")
  }

  /// The first bytes of the marks.
  static let heads: [[UInt8]] = all.map { shape in
    shape.mark.withUTF8Buffer { Array($0.prefix(3)) }
  }
}

extension Scan {
  /// Shapes that are known by their middle.
  mutating func middle(at index: Int) {
    for shape in MiddleShape.all where line.has(shape.mark, at: index) {
      let most = shape.countBefore.upperBound
      var start = line.startOfRun(shape.before, before: index, limit: most + 2)
      // The letter of an escape such as \n is no part of it.
      if line[start - 1] == .backslash { start += 1 }
      if start == line.start, line[start] == UInt8(ascii: "+") { start += 1 }
      let after = index + shape.mark.utf8CodeUnitCount
      let end = line.endOfRun(shape.after, from: after, limit: shape.countAfter.upperBound + 1)
      count(end - start)
      guard shape.countBefore.contains(index - start), shape.countAfter.contains(end - after),
        line.has(shape.ending, at: end)
      else { continue }
      if shape.kind == "database-password" {
        guard let colon = (start..<index).first(where: { line[$0] == UInt8(ascii: ":") }),
          !isReference(at: colon + 1)
        else { continue }
        find(colon + 1, index, shape.kind)
      } else if Randomness.isVaried(line, start..<end) {
        find(start, line.endOfRun(.padding, from: end), shape.kind)
      }
    }
  }
}

extension ByteSet {
  static let padding = ByteSet("=")
}
