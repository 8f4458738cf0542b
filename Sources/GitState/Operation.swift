public import JSON

/// What an event changes, in terms that older and newer versions fold alike.
public enum Operation: Sendable, Hashable {
  /// Gives a field a value; the last one counts. `null` takes the field away.
  case set(String, JSONValue)
  /// Raises a number to at least a value.
  case max(String, Int)
  /// Puts a text into a set.
  case add(String, String)
  /// Takes a text out of a set, as far as this writer has seen it put in.
  case remove(String, String, observed: [String])
  /// Moves the status: the greater pair of generation and rank counts.
  case state(generation: Int, rank: Int, name: String)
}

extension Operation {
  /// The form in an event line.
  var json: JSONValue {
    switch self {
    case .set(let key, let value): ["o": "set", "k": .string(key), "v": value]
    case .max(let key, let number): ["o": "max", "k": .string(key), "v": .number(number)]
    case .add(let key, let text): ["o": "add", "k": .string(key), "v": .string(text)]
    case .remove(let key, let text, let observed):
      ["o": "del", "k": .string(key), "v": .string(text), "ids": .texts(observed)]
    case .state(let generation, let rank, let name):
      ["o": "state", "g": .number(generation), "r": .number(rank), "v": .string(name)]
    }
  }

  /// Reads the form in an event line; nil for an operation of a newer version, which folds as nothing.
  init?(json: JSONValue) {
    switch json["o"]?.string {
    case "set":
      guard let key = json["k"]?.string else { return nil }
      self = .set(key, json["v"] ?? .null)
    case "max":
      guard let key = json["k"]?.string, let number = json["v"]?.int else { return nil }
      self = .max(key, number)
    case "add":
      guard let key = json["k"]?.string, let text = json["v"]?.string else { return nil }
      self = .add(key, text)
    case "del":
      guard let key = json["k"]?.string, let text = json["v"]?.string else { return nil }
      self = .remove(key, text, observed: json["ids"]?.strings ?? [])
    case "state":
      guard let generation = json["g"]?.int, Event.isCount(generation),
        let rank = json["r"]?.int, Event.isCount(rank), let name = json["v"]?.string
      else { return nil }
      self = .state(generation: generation, rank: rank, name: name)
    default: return nil
    }
  }
}
