internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Synchronization
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The container for one worker or command: an engine that answers, an image that it can run, the user inside.
  ///
  /// Throws `AgentError.sandbox` if it cannot be had.
  func containerWalls(
    _ worktree: Worktree, of owner: String, runDirectory: String, program: String?
  ) async throws -> ContainerWalls {
    let settings = try await devContainer(of: owner, worktree)
    return try await containerLane.run { [self] in
      let engine = try await ContainerEngine.find(
        options.sandbox.engines, environment: options.environment)
      try await sweep(engine)
      let image = try await image(settings, of: owner, engine)
      try await makeFilesForContainer(runDirectory)
      var walls = ContainerWalls(
        engine: engine, image: image, name: containerName(owner), repository: repositoryName,
        owner: owner, lock: runDirectory + "/lock", wrapper: runDirectory + "/orch")
      if let name = settings?.user, name != "root", Int(name) == nil { walls.user.name = name }
      if options.isSuperuser { walls.user.name = "root" }
      walls.variables = settings?.variables ?? [:]
      walls.workspace = settings?.workspace
      walls.inMemory = settings?.inMemory ?? []
      let trial = try await trial(walls, program)
      walls.volumes = trial.volumes
      let home = options.environment["HOME"] ?? "/home/worker"
      try ProtocolFolder(path: runDirectory).add(
        "passwd", walls.user.passwords(trial.passwords, home: home, engine: engine))
      walls.passwords = runDirectory + "/passwd"
      return walls
    }
  }

  /// The lines by which the image's makers set a worktree up; none without a container.
  func setupOfContainer(_ worktree: Worktree, of owner: String) async throws -> [String] {
    guard options.sandbox.kind == .container else { return [] }
    return try await devContainer(of: owner, worktree)?.setup ?? []
  }

  /// The base's `devcontainer.json`; nil where an image is configured.
  ///
  /// It is never read from a worktree, where a worker may write it. Throws `AgentError.sandbox` if there is none, or
  /// it asks for what a worker must not have.
  private func devContainer(of owner: String, _ worktree: Worktree) async throws -> DevContainer? {
    if options.sandbox.image != nil { return nil }
    let base = try await containerBase(of: owner)
    for place in DevContainer.places {
      guard let text = try await text(of: place, at: base) else { continue }
      let folder = place.split(separator: "/").dropLast().joined(separator: "/")
      do throws(DevContainer.Problem) {
        return try DevContainer(text, folder: folder, worktree: worktree.path)
      } catch {
        throw AgentError.sandbox(
          reason: "'\(place)' of the base \(error.text)",
          hint: "change it there, or name an image as 'sandbox.image', and it is not used")
      }
    }
    throw AgentError.sandbox(
      reason: "no image is named, and the base has no '\(DevContainer.places[0])'",
      hint: "set 'sandbox.image', or merge a devcontainer.json")
  }

  /// The head of the base of a task, or of what else runs in a container, as last fetched.
  private func containerBase(of owner: String) async throws -> ObjectID {
    let branch: String
    if let task = try? await task(owner) {
      branch = try await baseBranch(of: task)
    } else if let base = options.base {
      branch = base
    } else if let base = try await git.defaultBranch(of: options.remote) {
      branch = base
    } else {
      throw EngineError.noDefaultBranch(remote: options.remote)
    }
    let tracking = RefLayout.trackedBranch(branch, of: options.remote)
    let known = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(tracking)
    }
    if let known { return known }
    return try await network.run { try await self.fetchBranch(branch) }
  }

  /// The text of a file of a commit; nil if it is not there, or is no plain file.
  private func text(of path: String, at commit: ObjectID) async throws -> String? {
    try await code.run { repository throws(GitError) -> String? in
      let tree = try repository.commit(commit).tree
      let parts = path.split(separator: "/").map { Array($0.utf8) }
      guard let entry = try repository.entry(parts[...], in: tree), !entry.isTree else {
        return nil
      }
      return String(decoding: try repository.bytes(of: entry.id, .blob), as: UTF8.self)
    }
  }

  /// The id of the image, which is pulled or built if it is not here.
  private func image(
    _ settings: DevContainer?, of owner: String, _ engine: ContainerEngine
  ) async throws -> String {
    if let name = options.sandbox.image ?? settings?.image, settings?.build == nil {
      return try await engine.image(name)
    }
    guard let build = settings?.build else {
      throw AgentError.sandbox(reason: "no image is named", hint: "set 'sandbox.image'")
    }
    return try await built(build, at: try await containerBase(of: owner), engine)
  }

  /// Builds the base's image from the base's files, once for each state of them.
  private func built(
    _ build: DevContainer.Build, at base: ObjectID, _ engine: ContainerEngine
  ) async throws -> String {
    let context = build.context
    let contents = try await git.run(
      ["rev-parse", "\(base.hex):\(context)", "\(base.hex):\(build.file)"],
      accepting: [128])
    guard contents.exitCode == 0 else {
      throw AgentError.sandbox(
        reason: "the base has no '\(build.file)', which its devcontainer.json names",
        hint: "change it there, or name an image as 'sandbox.image'")
    }
    let arguments = build.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    // Each repository has images of its own, so that each can tell which of them it still uses.
    let key =
      [repositoryName, contents.text, build.target ?? "", build.file, context] + arguments
    let hash = try Repository.id(of: Array(key.joined(separator: "\0").utf8), .blob).hex
    let tag = String(hash.prefix(16))
    let name = "\(BuiltImages.name):\(tag)"
    builtImages.use(tag, of: engine, at: options.clock())
    if let id = try await engine.imageID(name) { return id }
    let folder = builtImages.newFolder()
    let place = ShellCommand.quoted(folder)
    try await sandboxShell("mkdir -p \(place)/files")
    let result: String
    do {
      try await writeFiles(
        of: base, below: context.isEmpty ? [] : [context, build.file], to: folder)
      result = try await engine.build(
        name, folder: folder + "/files", file: build.file, context: context, target: build.target,
        arguments: build.arguments, repository: repositoryName)
    } catch {
      try await sandboxShell("rm -rf \(place)")
      throw error
    }
    try await sandboxShell("rm -rf \(place)")
    builtImages.use(tag, of: engine, at: options.clock())
    return result
  }

  /// Writes files of a commit to `files` of a folder, as a clone would have them; no paths are all.
  ///
  /// What an archive leaves out (`export-ignore`) is there, and so is what a sparse checkout leaves out.
  private func writeFiles(
    of commit: ObjectID, below paths: [String], to folder: String
  ) async throws {
    let specifications = paths.map { ShellCommand.quoted(":(top,literal)\($0)") }
    let settings = "-c core.sparseCheckout=false -c core.splitIndex=false"
    try await sandboxShell(
      """
      set -e
      GIT_INDEX_FILE=\(ShellCommand.quoted(folder + "/index"))
      export GIT_INDEX_FILE
      git \(settings) read-tree \(commit.hex)
      git \(settings) ls-files -z -- \(specifications.joined(separator: " ")) |
        git \(settings) --work-tree=\(ShellCommand.quoted(folder + "/files")) \
          checkout-index --quiet --force -z --stdin
      """)
  }

  /// Tries the image with what is needed of it, once for each process of orch.
  private func trial(_ walls: ContainerWalls, _ program: String?) async throws -> ContainerTrial {
    let key = ContainerMemory.TrialKey(
      engine: walls.engine, image: walls.image, program: program)
    if let known = containers.withLock({ $0.trials[key] }) { return known }
    let name = program?.split(separator: "/").last.map(String.init)
    var limits = ResourceLimits()
    limits.memoryBytes = options.memoryBytes
    limits.processes = options.processes
    var trial = try await ContainerTrial.run(
      walls, orch: options.program, network: options.sandbox.network, limits: limits,
      programs: ["git"] + [program, name].compactMap { $0 })
    let image = options.sandbox.image ?? "that of the base's devcontainer.json"
    guard trial.programs.contains("git") else {
      throw AgentError.sandbox(
        reason: "the image has no 'git' (\(image))", hint: "install git in the image")
    }
    if let name, trial.programs.isDisjoint(with: [program ?? name, name]) {
      throw AgentError.sandbox(
        reason: "the image has no '\(name)' (\(image))",
        hint: "install the agent's program in the image")
    }
    trial.volumes = try await walls.engine.volumes(of: walls.image)
    let result = trial
    containers.withLock { $0.trials[key] = result }
    return result
  }

  /// Removes what a killed orch left of this repository, once.
  private func sweep(_ engine: ContainerEngine) async throws {
    if containers.withLock({ $0.isSwept }) { return }
    try await engine.removeLeftovers(of: repositoryName)
    containers.withLock { $0.isSwept = true }
  }

  /// Files that are mounted: the lock by which the container lives, and orch's own name.
  private func makeFilesForContainer(_ runDirectory: String) async throws {
    guard let text = ContainerWalls.wrapperText else {
      throw AgentError.sandbox(
        reason: "orch cannot run inside a container on this system", hint: "set 'sandbox: none'")
    }
    let run = ShellCommand.quoted(runDirectory)
    try await sandboxShell("mkdir -p \(run) && : >> \(run)/lock")
    try ProtocolFolder(path: runDirectory).writeScripts(["orch": text])
  }

  /// A short name of this repository on this machine.
  var repositoryName: String { BuiltImages.repositoryName(commonDirectory) }

  /// The images that were built for this repository.
  var builtImages: BuiltImages {
    BuiltImages(
      folder, commonDirectory: commonDirectory,
      engines: options.sandbox.kind == .container ? options.sandbox.engines : [],
      environment: options.environment)
  }

  private func containerName(_ owner: String) -> String {
    let plain = owner.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    let random = String(UInt32.random(in: 0 ... .max), radix: 16)
    return "orch-\(repositoryName.prefix(8))-\(plain.prefix(40))-\(random)"
  }
}
