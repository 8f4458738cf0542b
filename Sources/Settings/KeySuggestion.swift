/// Finds the key that was probably meant.
enum KeySuggestion {
  /// The nearest of several words, if it is near enough; of two the first.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = max(2, word.count / 3)
    var best: (word: String, distance: Int)?
    for candidate in candidates where abs(candidate.count - word.count) <= limit {
      let distance = distance(word.lowercased(), candidate.lowercased())
      if distance <= limit, distance < candidate.count, distance < best?.distance ?? .max {
        best = (candidate, distance)
      }
    }
    return best?.word
  }

  /// The full key that was meant: a neighbour in the same section, the nearest of all keys, or one
  /// of the same name in another section.
  static func key(for path: [String], siblings: [String], all: [[String]]) -> String? {
    guard let last = path.last else { return nil }
    let section = path.dropLast()
    if let name = nearest(to: last, among: siblings) {
      return (section + [name]).joined(separator: ".")
    }
    let near = nearest(to: path.joined(separator: "."), among: all.map(SettingsReader.text))
    return near ?? all.first { $0.last == last }.map(SettingsReader.text)
  }

  /// Edits that turn one word into the other: insert, delete, replace, swap neighbours.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars.prefix(maximumLength))
    let right = Array(right.unicodeScalars.prefix(maximumLength))
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1] + [Int](repeating: 0, count: right.count)
      for column in right.indices {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current[column + 1] = cost
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }

  /// The longest word that is compared, in characters.
  private static let maximumLength = 200
}
