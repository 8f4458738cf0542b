internal import Dispatch

extension SandboxPlan {
  /// Makes what an engine needs before it can mount all this; does nothing for other walls.
  ///
  /// Places of mounts that lie in other mounts are made by this user: those that the engine makes belong to the
  /// engine's. Throws `AgentError.sandbox` for a path that cannot be said to an engine.
  public func prepare(directory: String) throws(AgentError) {
    guard case .container = walls else { return }
    let all = allMounts(directory: directory)
    if let path = ContainerWalls.unsayable(all) {
      throw .sandbox(
        reason:
          "the path '\(path)' has a comma, a quote or a line's end, which a container cannot be told",
        hint: "give the folder another name")
    }
    for (index, mount) in all.enumerated() {
      // The last that is mounted below it holds the place.
      let outer = all[..<index].last {
        $0.place != mount.place && mount.place(below: $0.place) != nil
      }
      guard case .writable(let source, let place) = outer, let rest = mount.place(below: place)
      else { continue }
      try EnclosedFolder(path: source).makePlace(
        String(rest.dropFirst()), isFolder: mount.source.map(Self.isFolder) ?? true)
    }
  }

  private static func isFolder(_ path: String) -> Bool { RunFile.isFolder(path) }

  /// How the container of a launch with an environment is begun and ended.
  func handle(_ container: ContainerWalls, _ environment: [String: String]) -> ContainerHandle {
    let shown = mounts.map(\.place)
    let settings = ContainerSettings.of(
      environment, variables: container.variables, user: container.user.name, program: orch
    ) { folder in shown.contains { folder == $0 || folder.hasPrefix($0 + "/") } }
    return ContainerHandle(container, settings: settings)
  }

  /// The lock that says that this container is wanted, for commands that no supervisor runs; throws `AgentError`.
  func held() throws(AgentError) -> Int32? {
    guard case .container(let container) = walls else { return nil }
    let folder = container.lock.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    guard let lock = RunDirectory(path: folder).takeLock(milliseconds: Supervisor.lockMilliseconds)
    else {
      throw .sandbox(
        reason: "another command is at work in '\(folder)'", hint: "wait for it to end")
    }
    return lock
  }

  /// Removes a container on a thread of its own.
  static func remove(_ container: ContainerHandle) async {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "orch.container").async {
        container.remove()
        continuation.resume()
      }
    }
  }
}

extension ContainerWalls {
  /// The words that start orch inside.
  var command: [String] {
    Self.program(libraries: LoadedLibraries.files) ?? [Self.programInside]
  }
}
