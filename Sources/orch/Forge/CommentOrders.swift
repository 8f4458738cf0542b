internal import Engine

/// The orders in a comment: slash commands, and words to orch.
///
/// Quotes and code count for nothing: whoever repeats an order does not give it.
enum CommentOrders {
  /// The orders in a text, in their order; `name` is what words are addressed to, without the `@`.
  static func orders(in text: String, to name: String) -> [IssueOrder.Verb] {
    var orders: [IssueOrder.Verb] = []
    let lines = spoken(text)
    for (index, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      switch words.first?.lowercased() {
      case "/retry": orders.append(.retry)
      case "/cancel": orders.append(.cancel)
      case "/approve": orders.append(.approve)
      case "@\(name)", "@\(name):", "@\(name),":
        let rest = line.drop { $0.isWhitespace }.dropFirst(words[0].count)
        let all = ([String(rest)] + lines[(index + 1)...]).joined(separator: "\n")
        let said = all.split(separator: "\n", omittingEmptySubsequences: false)
          .drop { $0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
        let trimmed = said.drop(while: \.isWhitespace)
        if !trimmed.isEmpty { orders.append(.tell(String(trimmed))) }
        return orders
      default: continue
      }
    }
    return orders
  }

  /// True if a text gives orders by slash commands, and says nothing else in words of its own.
  static func isOnlyOrders(_ text: String) -> Bool {
    let words = spoken(text).compactMap { $0.split(whereSeparator: \.isWhitespace).first }
    return !words.isEmpty && words.allSatisfy { slashCommands.contains($0.lowercased()) }
  }

  private static let slashCommands: Set<String> = ["/retry", "/cancel", "/approve"]

  /// The lines that are the author's own words: no quotes, no code, no hidden comments.
  private static func spoken(_ text: String) -> [String] {
    var lines: [String] = []
    var fence: Character?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.drop { $0 == " " }
      let indent = line.count - bare.count
      if let open = fence {
        if bare.hasPrefix(String(repeating: open, count: 3)) { fence = nil }
        continue
      }
      if indent < 4, bare.hasPrefix("```") || bare.hasPrefix("~~~") {
        fence = bare.first
        continue
      }
      if bare.first == ">" || indent >= 4 || line.first == "\t" || bare.hasPrefix("<!--") {
        continue
      }
      lines.append(String(line.last == "\r" ? line.dropLast() : line))
    }
    return lines
  }
}
