/// Makes two reports of one error equal: what differs between two runs of the same failure goes.
///
/// Paths, numbers, hexadecimal names and times become a mark; quotes, case and spacing go.
public enum ErrorNormaliser {
  /// The part of an error that is compared, in characters.
  public static let maximumLength = 400

  /// The comparable form of an error.
  public static func normalise(_ error: String) -> String {
    var words: [String] = []
    var length = 0
    for word in error.lowercased().split(whereSeparator: \.isWhitespace) {
      let form = form(of: word)
      if form == "#", words.last == "#" { continue }
      words.append(form)
      length += form.count + 1
      if length >= maximumLength { break }
    }
    return String(words.joined(separator: " ").prefix(maximumLength))
  }

  private static func form(of word: Substring) -> String {
    let core = word.drop { "([{<\"'`".contains($0) }
    if core.contains("/") || core.contains("\\") { return "#" }
    let digits = core.count { $0.isHexDigit }
    let dashes = core.count { $0 == "-" }
    let isName = digits >= 7 && digits + dashes >= core.count - 1
    if isName, core.contains(where: \.isNumber) { return "#" }
    var result = ""
    var inNumber = false
    for character in core {
      if character.isNumber {
        if !inNumber { result.append("#") }
        inNumber = true
      } else {
        if inNumber, character == "." || character == ":" { continue }
        inNumber = false
        result.append(character)
      }
    }
    while let last = result.last, ")]}>\"'`,;:.".contains(last) { result.removeLast() }
    return result
  }
}
