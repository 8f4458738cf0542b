internal import JSON

extension ContainerEngine {
  /// How long an image may take to come or to be built, in seconds.
  public static let imageSeconds = 3600

  /// The id of an image that is here; nil if it is not.
  public func imageID(_ name: String) async throws(AgentError) -> String? {
    let result = try await run(["image", "inspect", "--format", "{{.Id}}", name])
    guard result.exitCode == 0 else { return nil }
    return result.output.split(separator: "\n").last.map(String.init)
  }

  /// The volumes that an image declares, sorted; throws `AgentError.sandbox` if the engine does not say.
  public func volumes(of image: String) async throws(AgentError) -> [String] {
    let result = try await run(["image", "inspect", "--format", "{{json .Config.Volumes}}", image])
    guard result.exitCode == 0, let line = result.output.split(separator: "\n").last,
      let json = try? JSONValue(parsing: Array(line.utf8))
    else {
      throw .sandbox(
        reason: "the image's volumes cannot be told: \(Self.firstLine(result))",
        hint: "\(kind.rawValue) image inspect \(image)")
    }
    return (json.object ?? [:]).keys.filter { $0.hasPrefix("/") && $0 != "/" }.sorted()
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
        reason: "'\(file)' cannot be built: \(Self.cause(ofBuild: result))",
        hint:
          "build it by hand: \(kind.rawValue) build --file \(file) \(context.isEmpty ? "." : context)"
      )
    }
    return id
  }

  /// The tags of the images of a name that have a repository's label; nil if the engine does not say.
  ///
  /// What somebody builds on top of one has the label too, and another name.
  public func tags(of name: String, repository: String) async throws(AgentError) -> [String]? {
    let list = try await run([
      "images", "--filter", "label=\(ContainerWalls.Label.repository)=\(repository)", "--filter",
      "reference=\(name)", "--format", "{{.Repository}}:{{.Tag}}",
    ])
    guard list.exitCode == 0 else { return nil }
    return list.output.split(separator: "\n").compactMap { line in
      line.hasPrefix(name + ":") ? String(line.dropFirst(name.count + 1)) : nil
    }.filter { !$0.contains("<") }
  }

  /// Removes an image by its name; false if it is not gone, as while a container has it.
  public func removeImage(_ name: String) async throws(AgentError) -> Bool {
    let result = try await run(["rmi", name], timeoutSeconds: Self.removalSeconds)
    return result.exitCode == 0
  }

  /// How long the removal of an image may take, in seconds.
  private static let removalSeconds = 300

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
