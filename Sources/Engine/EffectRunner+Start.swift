internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Begins an attempt: its number and token are recorded before anything is done for it.
  func start(_ id: String, _ purpose: AttemptPurpose) async throws {
    let task = try await task(id)
    guard let route = task.route else { throw TaskError.missing(id) }
    let base = try await baseBranch(of: task)
    let worktree = worktree(of: task)
    let host = tasks.state.host
    let now = options.clock()
    let lessons = try await lessons(for: task, agent: route.executor)
    let claim = await claimToken(of: id)
    try await tasks.record(id) { view in
      var attempt = Attempt(
        number: view.attempts.count + 1, token: claim ?? view.highestToken + 1,
        agent: route.executor)
      attempt.purpose = purpose
      attempt.model = route.model
      attempt.host = host
      attempt.startedAt = now
      attempt.startHead = view.pullRequest?.head
      attempt.lessons = lessons.told.map(\.id)
      attempt.heldOut = lessons.heldOut.map(\.id)
      var change = TaskChange(.attemptStarted)
      change.token = attempt.token
      change.fields = [
        Field.attempt(attempt.token, "start"): attempt.startFields,
        "branch": .string(task.remoteBranch), "base": .string(base),
        "worktree": .string(worktree.path), "clean": .null,
      ]
      let begun = try Self.begin(purpose, attempt.token, of: view, at: now)
      change.fields.merge(begun) { _, new in new }
      change.detail = "attempt \(attempt.number), \(route.executor)"
      change.trailers = [
        .init("Orch-Attempt", String(attempt.number)),
        .init("Orch-Agent", route.model.map { "\(route.executor)/\($0)" } ?? route.executor),
      ]
      return change
    }
  }

  /// What the pull request learns of a worker that begins; throws if it calls for none any more.
  private static func begin(
    _ purpose: AttemptPurpose, _ token: Int, of task: TaskView, at now: Int
  ) throws -> [String: JSONValue] {
    guard let request = task.pullRequest, purpose.isForPullRequest else { return [:] }
    let event: PullRequestEvent =
      purpose == .rebase
      ? .rebaseStarted(token: token)
      : .repairStarted(token: token, obligations: obligations(of: request))
    let next = try PullRequestMachine.transition(request, on: event, at: now)
    return next.fields(since: request)
  }

  /// Makes everything that the attempt's process needs; may be repeated until the process runs.
  func prepare(_ task: TaskView, _ attempt: Attempt, _ monitor: WorkerMonitor) async throws {
    guard let agent = options.agents.first(where: { $0.name == attempt.agent }) else {
      throw AgentError.misconfigured(agent: attempt.agent, reason: "it is no longer configured")
    }
    let base = try await baseBranch(of: task)
    let baseHead = try await beginningHead(of: base)
    let worktree = worktree(of: task)
    if let issue = task.issue, task.pullRequest == nil {
      try await place.link(worktree.branch, at: baseHead.hex, to: issue)
    }
    let head = task.hasOpenPullRequest ? task.pullRequest.flatMap { ObjectID(hex: $0.head) } : nil
    if let head { try await fetch(head, of: task.remoteBranch) }
    let reviewed = try await reviewedHead(of: task)
    let isNew = try await makeWorktree(worktree, of: task, at: reviewed ?? head ?? baseHead)
    if let head { try await takeOver(head, in: worktree, of: task, baseHead: baseHead) }
    if !isNew { try await keepBeforeWork(of: task, worktree) }
    let isBases = try await holdsBase(
      worktree, baseHead, attempts: task.attempts.count, isNew: isNew)
    try await furnish(worktree, of: task.id, isBases: isBases)
    if attempt.purpose == .rebase {
      try await layOutConflict(task, worktree, onto: baseHead, base)
    }
    try await noteBeginning(of: task, worktree, onto: baseHead, monitor)
    let protocolFolder = worktree.path + "/" + WorktreeStore.protocolFolder
    let outputFile = "\(protocolFolder)/output-\(task.id).json"
    let files = ProtocolFolder(path: protocolFolder)
    try files.clear(outputFile)
    files.clearMessages()
    let material = try await material(
      task, attempt, worktree: worktree, base: base, outputFile: outputFile,
      protocolFolder: protocolFolder)
    try await noteShown(material.remarks, to: attempt, of: task.id)
    let prompt = try prompt(of: material)
    try files.write(prompt.files, prompt: prompt.text, task: TaskOutput.json(task))
    let promptFile = try monitor.store(prompt.text, as: "prompt.md")
    MessageFolder(path: protocolFolder)
      .deliver(task.unreadMessages, of: task, token: attempt.token)
    var launch = try launch(
      task, attempt, agent, worktree: worktree, prompt: prompt.text, promptFile: promptFile,
      outputFile: outputFile, base: base)
    launch.pictureID = try await takePicture(monitor)
    try monitor.prepare(
      try await walled(launch, agent, worktree, of: task.id, runDirectory: monitor.directory))
  }

  /// The prompt; throws `PromptError`, whatever it is that is missing or cannot be read.
  private func prompt(of material: PromptMaterial) throws -> PreparedPrompt {
    do {
      return try options.makePrompt(material)
    } catch {
      throw PromptError(text: "the prompt could not be made: \(FailureText.sentence(error))")
    }
  }

  /// Records what reviewers wrote that the attempt's worker is about to read.
  private func noteShown(
    _ remarks: [ReviewRemark], to attempt: Attempt, of id: String
  ) async throws {
    let names = remarks.compactMap(\.name)
    guard names != attempt.shown else { return }
    try await tasks.record(id) { view in
      var change = TaskChange(.checkpointed)
      guard var begun = view.attempts.last, begun.token == attempt.token else { return change }
      begun.shown = names
      change.fields[Field.attempt(begun.token, "start")] = begun.startFields
      return change
    }
  }

  /// The head that a review begins at; nil for any other task.
  private func reviewedHead(of task: TaskView) async throws -> ObjectID? {
    guard let head = task.reviewedHead.flatMap({ ObjectID(hex: $0) }), let name = task.reviewOf
    else { return nil }
    try await fetch(head, of: try await self.task(name).remoteBranch)
    return head
  }

  /// Brings what someone else pushed to the branch into the worktree before a worker begins there.
  ///
  /// What an earlier worker left on top of the pull request's head stays, and so does what one made of that head
  /// that was not pushed, such as a resolution on which a check fails.
  private func takeOver(
    _ head: ObjectID, in worktree: Worktree, of task: TaskView, baseHead: ObjectID
  ) async throws {
    let name = "refs/heads/" + worktree.branch
    let local = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(name)
    }
    guard let local, local != head, try await !isContained(head, in: local) else { return }
    let isOwn = task.attempts.contains { $0.head == local.hex && $0.startHead == head.hex }
    if isOwn { return }
    // Whoever reset the branch to the base has left nothing there to take over.
    if try await isContained(head, in: baseHead) { return }
    if try await !worktree.statusBeside().isClean {
      try await keepSnapshot(of: task, worktree, why: "before someone else's push")
      let place = git.at(worktree.path)
      try await place.run(["reset", "--quiet", "--hard"])
      try await place.run(["clean", "-fdq"])
    }
    try await moveBranch(task, to: head, from: head, baseHead: baseHead)
  }

  private func launch(
    _ task: TaskView, _ attempt: Attempt, _ agent: AgentConfiguration, worktree: Worktree,
    prompt: String, promptFile: String, outputFile: String, base: String
  ) throws -> WorkerLaunch {
    let runDirectory = folder.runDirectory(task: task.id, token: attempt.token)
    var request = LaunchRequest(
      prompt: prompt, promptFile: promptFile, worktree: worktree.path,
      lastMessageFile: runDirectory + "/last.txt")
    request.commonDirectory = commonDirectory
    request.worktreeName = worktree.name
    request.model = attempt.model
    request.isSuperuser = options.isSuperuser
    request.isSandboxed = isSandboxed
    if isSandboxed { request.lastMessageFile = "/tmp/last.txt" }
    let earlier = resumable(task, attempt, agent)
    request.resumedSession = earlier?.report.sessionID
    let spent = task.costUSD
    request.budgetUSD = options.limits.usdPerTask.map { max(0.01, $0 - spent) }
    let command = try adapter(agent).command(for: request)
    let hooks = runDirectory + "/hooks"
    let keeper = options.workerGuard(hooks, worktree.branch, base)
    try ProtocolFolder(path: hooks).writeScripts(keeper.scripts)
    var environment = agentEnvironment(agent, adding: command.environment)
    environment.merge(keeper.environment) { $1 }
    let programs = runDirectory + "/bin"
    try ProtocolFolder(path: programs).writeScripts(keeper.programs)
    environment["PATH"] = programs + (environment["PATH"].map { ":" + $0 } ?? "")
    environment.merge(
      variables(task, attempt, worktree, base: base, outputFile: outputFile)
    ) { $1 }
    var launch = WorkerLaunch(
      program: command.program, arguments: command.arguments, environment: environment,
      directory: worktree.path, inputFile: command.inputFile, type: agent.type)
    launch.timeoutSeconds = options.timeoutSeconds(AgentChoice.complexity(task))
    launch.stallSeconds = options.stallSeconds
    launch.graceSeconds = options.graceSeconds
    launch.waitSeconds = options.waitSeconds
    launch.budgetUSD = request.budgetUSD
    launch.budgetTokens = options.limits.tokensPerTask.map { max(1, $0 - task.tokens) }
    launch.prices = options.prices
    launch.price = options.prices[attempt.model ?? agent.model ?? ""] ?? options.prices[agent.name]
    launch.secretPatterns = options.secretPatterns
    launch.secretVariables = options.secretVariables
    launch.bell = bellPath
    launch.limits.memoryBytes = options.memoryBytes
    launch.limits.processes = options.processes
    launch.limits.diskBytes = options.quotaBytes
    launch.limits.folders = [worktree.path]
    launch.controlGroup = options.controlGroups.map {
      ControlGroup(
        parent: $0, name: "orch-\(repositoryName)-\(task.id)-\(attempt.token)")
    }
    if let earlier { launch.charge(earlier) }
    return launch
  }

  /// The contract of a `script` agent; every other agent gets the same.
  private func variables(
    _ task: TaskView, _ attempt: Attempt, _ worktree: Worktree, base: String, outputFile: String
  ) -> [String: String] {
    [
      "ORCH_TASK_ID": task.id, "ORCH_TASK_TITLE": task.title, "ORCH_TASK_KIND": task.kind.rawValue,
      "ORCH_ATTEMPT": String(attempt.number), "ORCH_PURPOSE": attempt.purpose.rawValue,
      "ORCH_TOKEN": String(attempt.token), "ORCH_BRANCH": worktree.branch, "ORCH_BASE": base,
      "ORCH_WORKTREE": worktree.path, "ORCH_OUTPUT": outputFile,
      "ORCH_STATE_DIR": worktree.path + "/" + WorktreeStore.protocolFolder,
      // Nobody sits at a worker's terminal: `git rebase --continue` keeps the messages as they are.
      "GIT_EDITOR": "true",
    ]
  }
}

/// Why there is no prompt for a worker: it stays so until a person changes the configuration or a file.
struct PromptError: Error, Hashable {
  let text: String
}
