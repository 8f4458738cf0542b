internal import Agents
internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Reads the plan in a worker's result; one that cannot be carried out makes the attempt fail, with the reason
  /// for the next one.
  func readPlan(
    _ task: TaskView, _ attempt: Attempt, _ worktree: Worktree, _ collected: inout Collected
  ) async {
    guard let document = collected.document else { return }
    if document.delegations.isEmpty {
      guard task.kind == .spec, collected.outcome == .succeeded else { return }
      if document.summary.isEmpty { collected.document?.summary = document.reason }
      let mustPlan = task.children.isEmpty && attempt.purpose == .work
      if mustPlan, document.reason.isEmpty, collected.commits.isEmpty {
        fail(&collected, .empty)
      }
      return
    }
    guard collected.outcome == .delegated else { return }
    do throws(PlanProblem) {
      var plan = try WorkPlan(document.delegations.map(Self.delegation))
      let views = try? await tasks.all()
      let busy = (try? await neighbours(of: task, among: views ?? [:])) ?? []
      let agents = Set(options.agents.map(\.name))
      let remarks = PlanReview.remarks(
        on: plan, busy: busy.map { (task: $0.id, files: $0.files) }, agents: agents)
      // An agent that nobody has would block the task: routing finds another.
      for index in plan.tasks.indices {
        if let agent = plan.tasks[index].agent, !agents.contains(agent) {
          plan.tasks[index].agent = nil
        }
      }
      collected.plan = StoredPlan(
        plan: plan, remarks: remarks.map(\.sentence), spec: await spec(task, worktree))
    } catch {
      fail(&collected, error)
    }
  }

  private func fail(_ collected: inout Collected, _ problem: PlanProblem) {
    collected.outcome = nil
    collected.failure = .malformedOutput
    collected.error = problem.sentence
    collected.document?.delegations = []
  }

  private static func delegation(_ proposed: ProposedTask) -> Delegation {
    Delegation(
      title: proposed.title.isEmpty
        ? TaskSummary.firstLine(proposed.body) : proposed.title,
      body: proposed.body, labels: proposed.labels, suggestedAgent: proposed.suggestedAgent)
  }

  /// The specification that the worker wrote, unless the file is still what orch put there.
  private func spec(_ task: TaskView, _ worktree: Worktree) async -> String? {
    let folder = ProtocolFolder(path: worktree.path + "/" + WorktreeStore.protocolFolder)
    let given = (try? await body(of: task)) ?? task.body
    guard let text = folder.read("spec.md"), !text.isEmpty, text != given else { return nil }
    return text
  }
}
