internal import JSON

/// What a repository's `devcontainer.json` says of the container to work in: https://containers.dev/implementors/json_reference.
///
/// Only what cannot widen what a worker reaches is taken; what would is refused, and what has no meaning here is noted.
public struct DevContainer: Sendable, Hashable {
  /// How an image is built; paths are below the repository.
  public struct Build: Sendable, Hashable {
    /// The Dockerfile.
    public var file: String
    /// The folder that it may read; empty is the repository.
    public var context: String
    /// The stage; nil is the last.
    public var target: String?
    /// Its arguments.
    public var arguments: [String: String] = [:]
  }

  /// Why a file is not taken.
  public struct Problem: Error, Sendable, Hashable {
    /// A sentence's part behind the file's name.
    public var text: String
  }

  /// Where it may lie, in the order in which it is looked for.
  public static let places = [".devcontainer/devcontainer.json", ".devcontainer.json"]

  /// The image; nil if one is built.
  public var image: String?
  /// How the image is built; nil if one is named.
  public var build: Build?
  /// Variables inside.
  public var variables: [String: String] = [:]
  /// The name of the user inside.
  public var user: String?
  /// Where the worktree is expected.
  public var workspace: String?
  /// Folders in memory.
  public var inMemory: [String] = []
  /// Shell lines that set a worktree up, in order.
  public var setup: [String] = []
  /// What is not taken, for a person.
  public var notes: [String] = []

  /// Keys that are an editor's, or say what orch does anyway.
  private static let passed: Set<String> = [
    "name", "$schema", "customizations", "extensions", "settings", "forwardPorts",
    "portsAttributes", "otherPortsAttributes", "shutdownAction", "overrideCommand",
    "updateRemoteUserUID", "userEnvProbe", "waitFor", "hostRequirements", "devPort", "init",
    "image", "build", "dockerFile", "context", "containerEnv", "remoteEnv", "containerUser",
    "remoteUser", "workspaceFolder", "workspaceMount", "mounts", "onCreateCommand",
    "updateContentCommand", "postCreateCommand",
  ]
  /// Keys that would let a worker reach more, with what they do.
  private static let refused = [
    "privileged": "gives the container the whole machine",
    "runArgs": "gives the engine words of its own", "capAdd": "gives the container capabilities",
    "securityOpt": "changes the container's walls",
    "initializeCommand": "runs a command outside of the container",
    "dockerComposeFile": "begins other containers",
  ]

  /// Reads a file that lies in a folder of the repository; throws `Problem`.
  ///
  /// `worktree` is the path of the worktree inside.
  public init(_ text: String, folder: String, worktree: String) throws(Problem) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: CommentedJSON.plain(text))
    } catch {
      throw Problem(text: "cannot be read: \(error)")
    }
    guard let keys = json.object else { throw Problem(text: "holds no object") }
    for (key, meaning) in Self.refused.sorted(by: { $0.key < $1.key })
    where Self.isSaid(json[key]) {
      throw Problem(text: "has '\(key)', which \(meaning)")
    }
    workspace = json["workspaceFolder"]?.string.map {
      Self.filled($0, worktree: worktree, workspace: worktree)
    }
    let place = workspace ?? worktree
    let filled: (String) -> String = { Self.filled($0, worktree: worktree, workspace: place) }
    if let workspace, !Self.isFolder(workspace) {
      throw Problem(
        text: "has a 'workspaceFolder' that is no absolute path of its own: '\(workspace)'")
    }
    image = json["image"]?.string.map(filled)
    build = try Self.build(json, folder: folder, filled: filled)
    if image == nil, build == nil { throw Problem(text: "names neither an image nor a Dockerfile") }
    user = json["remoteUser"]?.string ?? json["containerUser"]?.string
    try readMounts(json, filled)
    for key in ["containerEnv", "remoteEnv"] { readVariables(json[key], of: key, filled) }
    for key in ["onCreateCommand", "updateContentCommand", "postCreateCommand"] {
      setup += Self.lines(json[key]).map(filled)
    }
    notes += keys.keys.filter { !Self.passed.contains($0) && Self.isSaid(keys[$0]) }.sorted().map {
      "'\($0)' is not used"
    }
  }

  /// True if a value says something: not false, nothing, or an empty list.
  private static func isSaid(_ value: JSONValue?) -> Bool {
    switch value {
    case nil, .null, .bool(false): false
    case .array(let list): !list.isEmpty
    case .object(let object): !object.isEmpty
    case .string(let text): !text.isEmpty
    default: true
    }
  }

  private static func filled(_ text: String, worktree: String, workspace: String) -> String {
    let name = worktree.split(separator: "/").last.map(String.init) ?? ""
    return VariableText.filled(text) { kind, _, _ in
      switch kind {
      case "localWorkspaceFolder": worktree
      case "containerWorkspaceFolder": workspace
      case "localWorkspaceFolderBasename", "containerWorkspaceFolderBasename": name
      default: nil
      }
    }
  }

  /// True for an absolute path without steps up that is neither the root nor one of the system's own.
  private static func isFolder(_ path: String) -> Bool {
    let parts = path.split(separator: "/").map(String.init)
    let system: Set<String> = ["proc", "sys", "dev", "etc", "usr", "bin", "sbin", "lib", "lib64"]
    return path.hasPrefix("/") && !parts.contains("..") && !path.hasPrefix("/run/orch")
      && parts.first.map { !system.contains($0) } == true
  }

  private static func build(
    _ json: JSONValue, folder: String, filled: (String) -> String
  ) throws(Problem) -> Build? {
    let section = json["build"]
    if isSaid(section?["options"]) {
      throw Problem(text: "has 'build.options', which gives the engine words of its own")
    }
    guard let file = section?["dockerfile"]?.string ?? json["dockerFile"]?.string else {
      return nil
    }
    let context = section?["context"]?.string ?? json["context"]?.string ?? "."
    guard let path = below(folder, file), let place = below(folder, context) else {
      throw Problem(text: "builds from outside of the repository: '\(file)' in '\(context)'")
    }
    var build = Build(file: path, context: place)
    build.target = section?["target"]?.string
    build.arguments = (section?["args"]?.object ?? [:]).compactMapValues { $0.string.map(filled) }
    return build
  }

  /// A path from a folder as one from the repository; nil if it leads out.
  static func below(_ folder: String, _ path: String) -> String? {
    guard !path.hasPrefix("/") else { return nil }
    var parts: [Substring] = []
    for part in folder.split(separator: "/") + path.split(separator: "/") where part != "." {
      if part == ".." {
        if parts.popLast() == nil { return nil }
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  private mutating func readMounts(
    _ json: JSONValue, _ filled: (String) -> String
  ) throws(Problem) {
    for mount in json["mounts"]?.array ?? [] {
      let parts = Self.parts(of: mount)
      let target = parts["target"] ?? parts["dst"] ?? parts["destination"] ?? ""
      guard parts["type"] == "tmpfs", Self.isFolder(filled(target)) else {
        let source = parts["source"] ?? parts["src"] ?? "?"
        throw Problem(
          text:
            "mounts '\(source)', which would reach out of the worktree: only mounts of type tmpfs are taken"
        )
      }
      inMemory.append(filled(target))
    }
    guard let mount = json["workspaceMount"] else { return }
    let parts = Self.parts(of: mount)
    let source = parts["source"] ?? parts["src"]
    guard parts.isEmpty || source == "${localWorkspaceFolder}" else {
      throw Problem(text: "has a 'workspaceMount' of something else than the worktree")
    }
  }

  /// The parts of a mount, which is an object or `type=bind,source=…,target=…`.
  private static func parts(of mount: JSONValue) -> [String: String] {
    if let object = mount.object { return object.compactMapValues(\.string) }
    let pairs = (mount.string ?? "").split(separator: ",").map { part in
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(words[0]), words.count > 1 ? String(words[1]) : "")
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }

  private mutating func readVariables(
    _ section: JSONValue?, of key: String, _ filled: (String) -> String
  ) {
    for (name, value) in (section?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let text = value.string.map(filled) else { continue }
      let local = VariableText.filled(text) { kind, _, other in
        kind == "localEnv" ? other ?? "\u{0}" : nil
      }
      if local.contains("\u{0}") {
        notes.append("'\(key).\(name)' is not set: it reads a variable of this machine")
      } else {
        variables[name] = local
      }
    }
  }

  /// The shell lines of a command: a line, the words of one, or several by name.
  private static func lines(_ command: JSONValue?) -> [String] {
    switch command {
    case .string(let line): line.isEmpty ? [] : [line]
    case .array:
      [(command?.strings ?? []).map(ShellCommand.quoted).joined(separator: " ")].filter {
        !$0.isEmpty
      }
    case .object(let named): named.sorted { $0.key < $1.key }.flatMap { lines($0.value) }
    default: []
    }
  }
}
