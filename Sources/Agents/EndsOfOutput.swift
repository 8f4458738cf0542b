/// The first and the last part of an output of any length.
struct EndsOfOutput {
  private let partBytes: Int
  private var first: [UInt8] = []
  private var last: [UInt8] = []
  private var total = 0

  init(partBytes: Int) { self.partBytes = partBytes }

  mutating func append(_ bytes: ArraySlice<UInt8>) {
    total += bytes.count
    let head = bytes.prefix(partBytes - first.count)
    first += head
    last += bytes.dropFirst(head.count)
    if last.count > 2 * partBytes { last.removeFirst(last.count - partBytes) }
  }

  /// Both parts, and between them how much was left out.
  var text: String {
    let end = last.suffix(partBytes)
    let left = total - first.count - end.count
    let middle = left > 0 ? "\n[\(left) bytes left out]\n" : ""
    return String(decoding: first + Array(middle.utf8) + end, as: UTF8.self)
  }
}
