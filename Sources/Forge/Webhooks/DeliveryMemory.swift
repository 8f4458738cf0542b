/// Which deliveries were seen before: the last ones, by their names and by their signatures.
///
/// The name of a delivery is not signed, so that a copy could come under another one: its signature is known, too.
public struct DeliveryMemory: Sendable {
  /// How many deliveries are remembered.
  public static let capacity = 4096

  private var lines: [String] = []
  private var first = 0
  private var marks: Set<String> = []

  /// None.
  public init() {}

  /// Those of a text that `line` made; what is none of its lines is passed over.
  public init(text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, words[1].utf8.count == 64 else { continue }
      keep(String(words[0]), String(words[1]))
    }
  }

  /// Remembers a delivery; false if it was seen before.
  public mutating func see(_ delivery: WebhookDelivery) -> Bool {
    guard !marks.contains(delivery.id), !marks.contains(delivery.code) else { return false }
    keep(delivery.id, delivery.code)
    return true
  }

  /// The line that stands for a delivery in a file.
  public static func line(_ delivery: WebhookDelivery) -> String {
    "\(delivery.id) \(delivery.code)\n"
  }

  /// All that is remembered, oldest first.
  public var text: String {
    (lines[first...] + lines[..<first]).map { $0 + "\n" }.joined()
  }

  /// How many are remembered.
  public var count: Int { lines.count }

  private mutating func keep(_ id: String, _ code: String) {
    let line = "\(id) \(code)"
    if lines.count < Self.capacity {
      lines.append(line)
    } else {
      for mark in lines[first].split(separator: " ") { marks.remove(String(mark)) }
      lines[first] = line
      first = (first + 1) % Self.capacity
    }
    marks.insert(id)
    marks.insert(code)
  }
}
