internal import JSON

extension Settings {
  /// Reads the repository's file over the user's; either may be absent, empty, or not given.
  ///
  /// Maps are merged key by key, a list replaces a list. Values are data: nothing in them is run,
  /// expanded or substituted. Throws `SettingsError` with everything that is wrong in both files.
  public static func load(
    repositoryFile: String?, userFile: String?
  ) throws(SettingsError) -> LoadedSettings {
    var layers: [Layer] = []
    if let userFile { layers.append(Layer(userFile, shownAs: userFile, isRepository: false)) }
    if let repositoryFile {
      let name = repositoryFile.split(separator: "/").last.map(String.init) ?? repositoryFile
      layers.append(Layer(repositoryFile, shownAs: name, isRepository: true))
    }
    var problems = layers.flatMap(\.problems)
    var origins: [[String]: Origin] = [:]
    var document = JSONValue.object([:])
    for layer in layers {
      for leaf in layer.leaves {
        origins[leaf.path] = layer.origin(leaf.line)
        document.insert(leaf.value, at: leaf.path[...])
      }
    }
    var settings = Settings(setting: document) ?? Settings()
    settings.agentOrder = agentOrder(layers)
    // What files mean together is looked at only if each is sound by itself.
    if problems.isEmpty { problems = settings.complete(origins: origins) }
    guard problems.isEmpty else {
      throw SettingsError(problems: Array(problems.prefix(Limits.problems)))
    }
    return LoadedSettings(settings: settings, origins: origins)
  }

  private static func agentOrder(_ layers: [Layer]) -> [String] {
    var names: [String] = []
    for leaf in layers.reversed().flatMap(\.leaves) where leaf.path.first == "agents" {
      if leaf.path.count > 1, !names.contains(leaf.path[1]) { names.append(leaf.path[1]) }
    }
    return names
  }
}

/// One file: its values and problems.
private struct Layer {
  let name: String
  let isRepository: Bool
  var leaves: [SettingsReader.Leaf] = []
  var problems: [SettingsProblem] = []

  init(_ path: String, shownAs name: String, isRepository: Bool) {
    self.name = name
    self.isRepository = isRepository
    do throws(SettingsProblem) {
      guard let text = try SettingsFile.text(at: path, shownAs: name) else { return }
      guard let root = try parse(text) else { return }
      var reader = SettingsReader(file: name)
      reader.read(root)
      leaves = reader.leaves
      problems = reader.problems
    } catch {
      problems = [error]
    }
  }

  func origin(_ line: Int) -> Origin {
    isRepository ? .repository(file: name, line: line) : .user(file: name, line: line)
  }

  private func parse(_ text: String) throws(SettingsProblem) -> SourceNode? {
    do throws(YAMLFault) {
      return try SourceNode.parse(text)
    } catch {
      throw SettingsProblem(reason: error.reason, file: name, line: error.line)
    }
  }
}

extension JSONValue {
  /// Puts a value at a path, making objects on the way; an empty object never replaces a full one.
  fileprivate mutating func insert(_ value: JSONValue, at path: ArraySlice<String>) {
    var members = object ?? [:]
    guard let name = path.first else {
      if value != .object([:]) || object == nil { self = value }
      return
    }
    members[name, default: .object([:])].insert(value, at: path.dropFirst())
    self = .object(members)
  }
}
