public import JSON

/// The configuration in effect, and where each value came from.
public struct LoadedSettings: Sendable {
  /// One value in effect.
  public struct Entry: Sendable, Equatable {
    /// The full key.
    public let key: String
    /// Its value; `null` if nobody set it and it has no default.
    public let value: JSONValue
    /// Where it came from.
    public let origin: Origin
  }

  /// The values as types.
  public let settings: Settings
  /// Every single value in effect, in the order of the manual.
  public let all: [Entry]
  /// What the files say, by key.
  let origins: [[String]: Origin]
  /// Everything in effect as one document.
  private let document: JSONValue

  /// Puts values and their origins together.
  init(settings: Settings, origins: [[String]: Origin]) {
    self.settings = settings
    self.origins = origins
    var shown = settings
    for name in settings.agentNames { shown.agents[name] = settings.agent(named: name) }
    document = shown.setting
    all = Self.entries(document, Settings.shape, [], origins)
  }

  /// The value of a key and where it came from; nil if there is no such key.
  ///
  /// A section or map gives the whole of it; where its values came from several places, `entries`
  /// tells each.
  public func value(forKey key: String) -> (value: JSONValue, origin: Origin)? {
    guard let (path, value, shape) = Self.find(key, in: document, Settings.shape, []) else {
      return nil
    }
    let parts = Self.entries(value, shape, path, origins).filter { !$0.value.isNull }
    let places = Set(parts.map(\.origin))
    let origin = places.count > 1 ? .several : places.first ?? .standard
    if let name = Self.shorthand(of: shape), !hasOthers(than: name, under: path) {
      return (value[name] ?? .null, origins[path + [name]] ?? .standard)
    }
    return (value, origin)
  }

  /// The single values under a key, or the one of the key itself; empty if there is no such key.
  public func entries(under key: String) -> [Entry] {
    guard let (path, value, shape) = Self.find(key, in: document, Settings.shape, []) else {
      return []
    }
    return Self.entries(value, shape, path, origins)
  }

  /// The key that was probably meant by one that there is not; nil if none is near.
  public func nearestKey(to key: String) -> String? {
    let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let known = all.map { $0.key.split(separator: ".").map(String.init) }
    var candidates: [[String]] = []
    var seen: Set<[String]> = []
    for parts in known {
      for count in 1...max(1, parts.count) where seen.insert(Array(parts.prefix(count))).inserted {
        candidates.append(Array(parts.prefix(count)))
      }
    }
    let siblings = candidates.filter { $0.count == path.count && $0.dropLast() == path.dropLast() }
    return KeySuggestion.key(for: path, siblings: siblings.compactMap(\.last), all: candidates)
  }

  /// True if a file set anything of a map besides the key that a bare value stands for.
  private func hasOthers(than name: String, under path: [String]) -> Bool {
    origins.keys.contains { $0.count > path.count && $0.starts(with: path) && $0 != path + [name] }
  }

  private static func shorthand(of shape: Shape) -> String? {
    switch shape {
    case .record(_, let shorthand), .map(_, _, let shorthand): shorthand
    default: nil
    }
  }

  /// The single values of a document along the table.
  private static func entries(
    _ value: JSONValue, _ shape: Shape, _ path: [String], _ origins: [[String]: Origin]
  ) -> [Entry] {
    switch shape {
    case .record(let fields, _):
      return fields.flatMap { field in
        entries(value[field.name] ?? .null, field.shape, path + [field.name], origins)
      }
    case .map(let element, _, _):
      let names = (value.object ?? [:]).keys.sorted()
      if !names.isEmpty {
        return names.flatMap { entries(value[$0] ?? .null, element, path + [$0], origins) }
      }
    default: break
    }
    let origin = origins[path] ?? .standard
    return [Entry(key: SettingsReader.text(path), value: value, origin: origin)]
  }

  /// Follows a key through the document; names may contain dots, so the longest that fits is tried first.
  private static func find(
    _ key: String, in value: JSONValue, _ shape: Shape, _ path: [String]
  ) -> (path: [String], value: JSONValue, shape: Shape)? {
    let names = (value.object ?? [:]).keys.filter { key == $0 || key.hasPrefix($0 + ".") }
    for name in names.sorted(by: { $0.utf8.count > $1.utf8.count }) {
      guard let inner = value[name], let innerShape = self.shape(of: name, in: shape) else {
        continue
      }
      if key == name { return (path + [name], inner, innerShape) }
      let rest = String(key.dropFirst(name.count + 1))
      if let found = find(rest, in: inner, innerShape, path + [name]) { return found }
    }
    return nil
  }

  private static func shape(of name: String, in shape: Shape) -> Shape? {
    switch shape {
    case .record(let fields, _): fields.first { $0.name == name }?.shape
    case .map(let element, _, _): element
    default: nil
    }
  }
}
