/// A secret in a buffer.
struct Finding: Sendable, Hashable {
  /// Where it is, in bytes.
  var range: Range<Int>
  /// What it is, in the words of the marker.
  var kind: String

  /// The marker that takes its place.
  static func marker(_ kind: String) -> [UInt8] { Array("[redacted:\(kind)]".utf8) }

  /// How every marker begins.
  static let opening = Array("[redacted:".utf8)

  /// In order, those that overlap made one: the longest of them names it.
  static func merged(_ findings: [Finding]) -> [Finding] {
    let sorted = findings.sorted {
      ($0.range.lowerBound, -$0.range.count) < ($1.range.lowerBound, -$1.range.count)
    }
    var result: [Finding] = []
    var named = 0
    for finding in sorted {
      guard let last = result.last, finding.range.lowerBound < last.range.upperBound else {
        result.append(finding)
        named = finding.range.count
        continue
      }
      let end = max(last.range.upperBound, finding.range.upperBound)
      result[result.count - 1].range = last.range.lowerBound..<end
      if finding.range.count > named {
        result[result.count - 1].kind = finding.kind
        named = finding.range.count
      }
    }
    return result
  }
}
