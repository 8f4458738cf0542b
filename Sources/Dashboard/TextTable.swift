/// Columns of text.
public enum TextTable {
  /// Lines of columns, each as wide as its widest cell; nothing is padded behind the last word of a line.
  ///
  /// A cell that is wider than `widest` makes its own line longer, and no other.
  public static func lines(_ rows: [[String]], widest: Int = .max) -> String {
    guard let columns = rows.map(\.count).max() else { return "" }
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count && $0[column].count <= widest ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let last = row.lastIndex { !$0.isEmpty } ?? 0
      return row.prefix(last + 1).enumerated().map { index, cell in
        let padding = index == last ? 0 : max(0, widths[index] - cell.count)
        return cell + String(repeating: " ", count: padding)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
