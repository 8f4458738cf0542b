extension ContainerEngine {
  /// How long an image may take to come or to be built, in seconds.
  public static let imageSeconds = 3600

  /// The id of an image that is here; nil if it is not.
  public func imageID(_ name: String) async throws(AgentError) -> String? {
    let result = try await run(["image", "inspect", "--format", "{{.Id}}", name])
    guard result.exitCode == 0 else { return nil }
    return result.output.split(separator: "\n").last.map(String.init)
  }

  /// The id of an image, which is pulled if it is not here.
  ///
  /// Throws `AgentError.sandbox`.
  public func image(_ name: String) async throws(AgentError) -> String {
    if let id = try await imageID(name) { return id }
    let result = try await run(["pull", "--quiet", name], timeoutSeconds: Self.imageSeconds)
    guard result.exitCode == 0, let id = try await imageID(name) else {
      throw .sandbox(
        reason: "the image '\(name)' cannot be had: \(Self.firstLine(result))",
        hint: "\(kind.rawValue) pull \(name), or name another one as 'sandbox.image'")
    }
    return id
  }

  /// Builds an image from a folder; throws `AgentError.sandbox` with the end of what the engine says.
  ///
  /// `file` is below `folder`, as is `context`.
  public func build(
    _ name: String, folder: String, file: String, context: String, target: String?,
    arguments: [String: String], repository: String
  ) async throws(AgentError) -> String {
    var words = [
      "build", "--tag", name, "--label", "\(ContainerWalls.Label.repository)=\(repository)",
      "--file", "\(folder)/\(file)",
    ]
    if let target { words += ["--target", target] }
    for (name, value) in arguments.sorted(by: { $0.key < $1.key }) {
      words += ["--build-arg", "\(name)=\(value)"]
    }
    words.append(context.isEmpty ? folder : "\(folder)/\(context)")
    let result = try await run(words, timeoutSeconds: Self.imageSeconds)
    guard result.exitCode == 0, let id = try await imageID(name) else {
      throw .sandbox(
        reason: "'\(file)' cannot be built: \(result.output.suffix(1000))",
        hint:
          "build it by hand: \(kind.rawValue) build --file \(file) \(context.isEmpty ? "." : context)"
      )
    }
    return id
  }

  /// Removes containers of a repository whose lock nobody holds: what a killed orch left.
  ///
  /// Returns their names.
  @discardableResult
  public func removeLeftovers(of repository: String) async throws(AgentError) -> [String] {
    let label = ContainerWalls.Label.lock
    let value = kind == .podman ? "index .Labels \"\(label)\"" : ".Label \"\(label)\""
    let list = try await run([
      "ps", "--all", "--no-trunc", "--filter",
      "label=\(ContainerWalls.Label.repository)=\(repository)", "--format",
      "{{.Names}}\t{{\(value)}}",
    ])
    guard list.exitCode == 0 else { return [] }
    var removed: [String] = []
    for line in list.output.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[1].hasPrefix("/") else { continue }
      let folder = parts[1].split(separator: "/").dropLast().map { "/" + $0 }.joined()
      if RunDirectory(path: folder).isSupervised { continue }
      let result = try await run(["rm", "--force", parts[0]], timeoutSeconds: 60)
      if result.exitCode == 0 { removed.append(parts[0]) }
    }
    return removed
  }
}
