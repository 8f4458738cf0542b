/// What the name of a thing says about its value.
enum SecretName: Sendable, Hashable {
  /// Something that people choose.
  case password
  /// Something that machines made.
  case token
  /// The value of an `Authorization` header.
  case authorization
  /// The value of a `Cookie` or `Set-Cookie` header.
  case cookie
  /// User and password in base64.
  case basic
  /// A signature that opens what a URL names.
  case signature

  /// The longest name that is looked at, in bytes.
  static let maximumLength = 80

  /// The last letters of all names that matter, in lower case.
  static let lastLetters = Array("delsntyhgw".utf8)

  private static let passwords = ["password", "passwd", "passphrase", "passcode", "pwd"]
  private static let passwordWords = ["pass", "pw"]
  private static let tokens = [
    "secret", "token", "credential", "credentials", "apikey", "accesskey", "secretkey",
    "privatekey", "accountkey", "sharedkey", "signingkey", "encryptionkey", "authkey", "masterkey",
    "appkey", "consumerkey", "deploykey", "servicekey", "storagekey", "subscriptionkey",
    "functionkey", "licensekey", "secretkeybase", "sessionkey", "webhookkey", "hmackey", "jwtkey",
    "clientkey", "cryptkey", "sharedaccesskey",
  ]
  /// Names that end like a secret's and are none.
  private static let others = [
    "nexttoken", "pagetoken", "continuationtoken", "cancellationtoken", "padtoken", "eostoken",
    "bostoken", "unktoken", "masktoken", "clstoken", "septoken", "synctoken", "stoptoken",
    "starttoken", "endtoken", "lasttoken", "firsttoken", "prevtoken", "currenttoken",
  ].map { Array($0.utf8.reversed()) }
  /// A name or the end of one, and what it means.
  private struct Entry: Sendable {
    /// Letters and digits in lower case, the last first.
    let letters: [UInt8]
    let meaning: SecretName
    /// True if nothing may stand before it.
    let isWhole: Bool

    init(_ text: String, _ meaning: SecretName, isWhole: Bool = false) {
      letters = text.utf8.reversed()
      self.meaning = meaning
      self.isWhole = isWhole
    }
  }

  /// All names by their last letter.
  private static let entries: [[Entry]] = {
    let all =
      passwords.map { Entry($0, .password) } + tokens.map { Entry($0, .token) } + [
        Entry("authorization", .authorization), Entry("xamzsignature", .signature),
        Entry("xgoogsignature", .signature), Entry("cookie", .cookie, isWhole: true),
        Entry("setcookie", .cookie, isWhole: true), Entry("auth", .basic, isWhole: true),
        Entry("sig", .signature, isWhole: true),
      ]
    return (0..<256).map { letter in all.filter { $0.letters.first == UInt8(letter) } }
  }()
  private static let words: [(word: [UInt8], meaning: SecretName)] =
    passwordWords.map { (Array($0.utf8), .password) }
  private static let lasts = ByteSet(where: { lastLetters.contains($0.lowercased) })

  /// What a name in a line stands for; nil if nothing secret.
  init?(_ line: Line, _ range: Range<Int>) {
    let last = line[range.upperBound - 1].lowercased
    guard !range.isEmpty, Self.lasts.contains(last) else { return nil }
    for entry in Self.entries[Int(last)] {
      guard let start = Self.start(of: entry.letters, in: range, of: line) else { continue }
      if entry.isWhole, (range.lowerBound..<start).contains(where: { line[$0].isLetter }) {
        continue
      }
      if Self.others.contains(where: { Self.start(of: $0, in: range, of: line) != nil }) {
        return nil
      }
      self = entry.meaning
      return
    }
    guard let found = Self.words.first(where: { Self.isWord($0.word, at: range, in: line) }) else {
      return nil
    }
    self = found.meaning
  }

  /// Where an ending begins in a name, separators aside; nil if the name does not end so.
  private static func start(of letters: [UInt8], in range: Range<Int>, of line: Line) -> Int? {
    var index = range.upperBound
    for letter in letters {
      index -= 1
      while index > range.lowerBound, !line[index].isLetter, !line[index].isDigit { index -= 1 }
      guard index >= range.lowerBound, line[index].lowercased == letter else { return nil }
    }
    return index
  }

  /// True if a name ends with a whole word: `db_pass`, `dbPass`, `PASS`, and not `bypass`.
  private static func isWord(_ word: [UInt8], at range: Range<Int>, in line: Line) -> Bool {
    let start = range.upperBound - word.count
    guard start >= range.lowerBound,
      zip(line.text(start..<range.upperBound), word).allSatisfy({ $0.lowercased == $1 })
    else { return false }
    guard start > range.lowerBound else { return true }
    return !line[start - 1].isLetter || (line[start].isUpper && line[start - 1].isLower)
  }
}
