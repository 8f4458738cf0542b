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
  private static let tokenWords = ["pat"]
  /// Names that end like a secret's and are none.
  private static let others = [
    "nexttoken", "pagetoken", "continuationtoken", "cancellationtoken", "padtoken", "eostoken",
    "bostoken", "unktoken", "masktoken", "clstoken", "septoken", "synctoken", "stoptoken",
    "starttoken", "endtoken", "lasttoken", "firsttoken", "prevtoken", "currenttoken",
  ].map { Array($0.utf8) }
  private static let byEnding: [(ending: [UInt8], name: SecretName)] =
    passwords.map { (Array($0.utf8), .password) } + tokens.map { (Array($0.utf8), .token) }
    + [
      (Array("authorization".utf8), .authorization), (Array("xamzsignature".utf8), .signature),
      (Array("xgoogsignature".utf8), .signature),
    ]
  private static let byWord: [(word: [UInt8], name: SecretName)] =
    passwordWords.map { (Array($0.utf8), .password) } + tokenWords.map { (Array($0.utf8), .token) }
  private static let byWhole: [(whole: [UInt8], name: SecretName)] = [
    (Array("cookie".utf8), .cookie), (Array("setcookie".utf8), .cookie),
    (Array("auth".utf8), .basic), (Array("sig".utf8), .signature),
  ]

  /// What a name in a line stands for; nil if nothing secret.
  init?(_ line: Line, _ range: Range<Int>) {
    guard !range.isEmpty else { return nil }
    let plain = line.text(range).filter { $0.isLetter || $0.isDigit }.map(\.lowercased)
    let ends = { (ending: [UInt8]) in plain.suffix(ending.count).elementsEqual(ending) }
    if let found = Self.byEnding.first(where: { ends($0.ending) }) {
      guard !Self.others.contains(where: ends) else { return nil }
      self = found.name
    } else if let found = Self.byWord.first(where: { Self.isWord($0.word, at: range, in: line) }) {
      self = found.name
    } else if let found = Self.byWhole.first(where: { plain == $0.whole }) {
      self = found.name
    } else {
      return nil
    }
  }

  /// True if a name ends with a whole word: `db_pass`, `dbPass`, `PASS`, and not `bypass`.
  private static func isWord(_ word: [UInt8], at range: Range<Int>, in line: Line) -> Bool {
    let start = range.upperBound - word.count
    guard start >= range.lowerBound,
      line.text(start..<range.upperBound).map(\.lowercased).elementsEqual(word)
    else { return false }
    guard start > range.lowerBound else { return true }
    return !line[start - 1].isLetter || (line[start].isUpper && line[start - 1].isLower)
  }
}
