internal import Agents
internal import GitState
internal import JSON
internal import Workflow

extension EffectRunner {
  /// Chooses agent, model, profile and skills, and records the choice with its reason.
  func route(_ id: String) async throws {
    let views = try await tasks.all()
    guard let task = views[id] else { throw TaskError.missing(id) }
    let now = options.clock()
    let agents = availability(tasks: views, now: now)
    var route: Route
    if case .agent(let name) = AgentChoice.byLabels(task) {
      let reason = task.agent == name ? "asked for by name" : "the label 'agent:\(name)'"
      route = Route(executor: name, reason: reason)
    } else {
      let count = views.values.count { $0.route != nil }
      route = try await chosen(for: task, agents: agents, count: count, now: now)
    }
    let tier = task.kind == .review ? "review" : AgentChoice.complexity(task)
    let byTier = tier.flatMap { options.model($0, route.executor) }
    route.model =
      task.model ?? route.model ?? byTier
      ?? options.agents.first { $0.name == route.executor }?.model
    var change = TaskChange(.routed)
    change.fields["route"] = route.json
    change.detail = route.executor
    change.trailers = [
      .init("Orch-Agent", route.model.map { "\(route.executor)/\($0)" } ?? route.executor),
      .init("Orch-Reason", String(route.reason.prefix(200))),
    ]
    try await tasks.record(id, change)
  }

  private func chosen(
    for task: TaskView, agents: [AgentAvailability], count: Int, now: Int
  ) async throws -> Route {
    let ready = AgentChoice.ready(agents, at: now)
    guard let first = ready.first else {
      throw AgentError.misconfigured(
        agent: "any", reason: AgentChoice.explainNone(agents, at: now))
    }
    if ready.count == 1 {
      return Route(executor: first.name, reason: "the only agent that is ready")
    }
    if options.routesInTurn {
      let name = AgentChoice.roundRobin(agents, count: count, at: now) ?? first.name
      return Route(executor: name, reason: "agents take turns")
    }
    let names = ready.map(\.name)
    do {
      return try await asked(for: task, names: names)
    } catch {
      let fallback = options.fallbackAgent.flatMap { names.contains($0) ? $0 : nil }
      let reason = "routing failed (\(FailureText.sentence(error)))"
      return Route(executor: fallback ?? first.name, reason: String(reason.prefix(200)))
    }
  }

  /// Asks an agent program which of the agents should do the task: one call without tools.
  private func asked(for task: TaskView, names: [String]) async throws -> Route {
    let routers = options.agents.filter {
      names.contains($0.name) && (options.routerAgent == nil || $0.name == options.routerAgent)
    }
    guard let router = routers.first(where: { $0.type != "script" || options.routerAgent != nil })
    else { return Route(executor: names[0], reason: "no agent is configured to route") }
    let question = options.routing.question(task, names)
    let run = WorkerMonitor(
      directory: "\(folder.path)/run/route-\(task.id)/\(options.clock())")
    let promptFile = try run.store(question, as: "prompt.md")
    var request = LaunchRequest(
      prompt: question, promptFile: promptFile, worktree: run.directory,
      lastMessageFile: run.directory + "/last.txt")
    request.isRouting = true
    request.model = options.routerModel ?? options.model("simple", router.name)
    request.commonDirectory = commonDirectory
    let command = try adapter(router).command(for: request)
    var launch = WorkerLaunch(
      program: command.program, arguments: command.arguments,
      environment: agentEnvironment(router, adding: command.environment),
      directory: run.directory, inputFile: command.inputFile, type: router.type)
    launch.environment["ORCH_TASK_KIND"] = "route"
    launch.timeoutSeconds = options.routerTimeoutSeconds
    launch.stallSeconds = options.routerTimeoutSeconds
    launch.graceSeconds = 2
    launch.secretPatterns = options.secretPatterns
    launch.secretVariables = options.secretVariables
    launch.bell = bellPath
    try run.prepare(launch)
    let exit = try await end(of: run)
    if let failure = exit.report.failure {
      throw AgentError.misconfigured(agent: router.name, reason: failure.message)
    }
    return try options.routing.answer(exit.report.finalText, names)
  }

  /// The whole environment of an agent: the allow-list, the configuration's, and the adapter's.
  func agentEnvironment(
    _ agent: AgentConfiguration, adding extra: [String: String]
  ) -> [String: String] {
    EnvironmentPolicy.environment(from: options.environment, type: agent.type)
      .merging(extra) { $1 }.merging(agent.environment) { $1 }
  }
}
