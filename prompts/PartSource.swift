/// One part before it is cut and fenced.
struct PartSource: Sendable {
  /// A text of the part.
  struct Block: Sendable {
    /// What the text is, in words of ours; empty if nothing need be said.
    var label = ""
    /// The text, cleaned.
    var content: String
    /// Whether it is put between marks, as data.
    var isData: Bool

    /// A text that is put between marks.
    static func data(_ content: String, label: String = "") -> Block {
      Block(label: label, content: TextCleaning.clean(content).trimmed, isData: true)
    }

    /// A text in words of ours, or of someone who may give orders.
    static func plain(_ content: String, label: String = "") -> Block {
      Block(label: label, content: TextCleaning.clean(content).trimmed, isData: false)
    }

    /// The text as it stands in a prompt.
    var rendered: String {
      let body = isData ? DataFence.fenced(content) : content
      return label.isEmpty ? body : label + "\n\n" + body
    }

    /// The bytes that come to those of the content.
    var overhead: Int {
      (label.isEmpty ? 0 : label.utf8.count + 2) + (isData ? DataFence.overhead : 0)
    }
  }

  /// Which part.
  let name: PromptPartName
  /// What the part is and how far to trust it, in words of ours.
  let introduction: String
  /// Its texts.
  let blocks: [Block]

  /// A part; nil if none of its texts says anything.
  init?(_ name: PromptPartName, _ introduction: String, _ blocks: [Block]) {
    let blocks = blocks.filter { !$0.content.isEmpty }
    guard !blocks.isEmpty else { return nil }
    self.name = name
    self.introduction = introduction
    self.blocks = blocks
  }

  /// The whole part.
  var full: String { ([header] + blocks.map(\.rendered)).joined(separator: Self.gap) }

  /// The size of the whole part, in bytes.
  private var fullBytes: Int {
    blocks.reduce(header.utf8.count) {
      $0 + Self.gap.utf8.count + $1.overhead + $1.content.utf8.count
    }
  }

  /// The part in at most `budget` bytes; says what was cut, and that `restFile` holds all of it.
  func rendered(budget: Int, restFile: String) -> (text: String, isCut: Bool) {
    guard fullBytes > budget else { return (full, false) }
    let total = blocks.reduce(0) { $0 + $1.content.utf8.count }
    let longestNotice = notice(shown: total, of: total, restFile: restFile)
    let gap = Self.gap.utf8.count
    var room = budget - header.utf8.count - gap - longestNotice.utf8.count
    guard room >= 0 else { return ("", true) }
    var kept: [Block] = []
    for block in name.keptEnd == .head ? blocks : blocks.reversed() {
      let available = room - gap - block.overhead
      if block.content.utf8.count <= available {
        kept.append(block)
        room = available - block.content.utf8.count
        continue
      }
      if available >= Self.smallestPiece {
        var piece = block
        piece.content = TextCut.cut(block.content, toBytes: available, keeping: name.keptEnd)
        kept.append(piece)
      }
      break
    }
    let shown = kept.reduce(0) { $0 + $1.content.utf8.count }
    let notice = notice(shown: shown, of: total, restFile: restFile)
    let texts =
      name.keptEnd == .head
      ? [header] + kept.map(\.rendered) + [notice]
      : [header, notice] + kept.reversed().map(\.rendered)
    return (texts.joined(separator: Self.gap), true)
  }

  /// A cut text shorter than this says nothing, in bytes.
  private static let smallestPiece = 40
  private static let gap = "\n\n"

  private var header: String {
    introduction.isEmpty ? name.heading : name.heading + Self.gap + introduction
  }

  private func notice(shown: Int, of total: Int, restFile: String) -> String {
    let end = name.keptEnd == .head ? "first" : "last"
    return "(Cut: the \(end) \(shown) of \(total) bytes are here; `\(restFile)` holds all of it.)"
  }
}
