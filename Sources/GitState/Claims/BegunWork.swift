internal import JSON

/// The claims under which this machine has begun work, in `orch/begun.json`: what a process after this one
/// goes on with.
public struct BegunWork: Sendable, Hashable {
  /// The tokens by task.
  public private(set) var tokens: [RecordID: Int] = [:]
  private let file: String

  /// Reads the file; one that is missing or damaged holds nothing.
  public init(_ folder: LocalFolder) {
    file = folder.path + "/begun.json"
    guard let bytes = LocalFolder.read(file), let json = try? JSONValue(parsing: bytes),
      case .object(let members) = json
    else { return }
    for (name, value) in members {
      if let task = RecordID(name), let token = value.int { tokens[task] = token }
    }
  }

  /// Notes that work on a task begins or, with nil, is over; throws `StateError.file`.
  public mutating func set(_ task: RecordID, _ token: Int?) throws(StateError) {
    guard tokens[task] != token else { return }
    var next = tokens
    next[task] = token
    let members = next.map { ($0.key.text, JSONValue.number($0.value)) }
    try LocalFolder.replace(
      file,
      with: JSONValue.object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
        .canonicalBytes)
    tokens = next
  }
}
