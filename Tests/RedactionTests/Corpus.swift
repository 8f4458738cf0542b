import Foundation
import TestSupport

/// The texts in the folder `Corpus`.
enum Corpus {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Corpus")

  static func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
  }

  /// The lines of a file, comments aside.
  static func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("# ") }
  }

  /// A token made of the pieces of a line of `tokens.txt`.
  static func token(_ pieces: [Substring], _ random: inout SeededRandom) -> String {
    pieces.map { piece in
      if piece.hasPrefix("=") { return String(piece.dropFirst()) }
      let alphabet = alphabets[piece.first ?? "A"] ?? []
      let count = Int(piece.dropFirst()) ?? 0
      return String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "x" })
    }.joined()
  }

  private static let alphabets: [Character: [Character]] = {
    let digits = Array("0123456789")
    let lower = Array("abcdefghijklmnopqrstuvwxyz")
    let upper = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return [
      "A": upper + lower + digits, "H": digits + "abcdef", "L": lower + digits,
      "U": upper + digits, "D": digits, "B": upper + lower + digits + "+/",
      "W": upper + lower + digits + "-_",
    ]
  }()

  /// A private key in armour, of random bytes.
  static func key(
    _ label: String, bytes: Int, width: Int = 64, _ random: inout SeededRandom
  ) -> (text: String, body: [String]) {
    let data = Data((0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) })
    let body = stride(from: 0, to: data.base64EncodedString().count, by: width).map { start in
      String(data.base64EncodedString().dropFirst(start).prefix(width))
    }
    let text =
      "-----BEGIN \(label)-----\n" + body.joined(separator: "\n") + "\n-----END \(label)-----\n"
    return (text, body)
  }

  /// Texts around a secret, which stands where the `@` is.
  static let surroundings = [
    "@", "see @ for that", "the end is @.", "\"@\"", "'@'", "`@`", "(@)", "[@]", "<@>", "THING=@",
    "export THING=\"@\"", "thing: @", "  - @", "+@", "a,@,b", "@\r", "\t@\t",
    "https://example.org/?q=@&page=2", "{\"text\":\"@\"}", "{\"text\":\"a\\n@\\nb\"}",
    "{\"text\":\"a\\t@\\u000ab\"}", "{\"text\":\"say \\\"@\\\"\"}",
    "{\"text\":\"{\\\"text\\\":\\\"a\\\\n@\\\\nb\\\"}\"}", "error: bad credentials '@' (401)",
  ]
}
