internal import Workflow

extension Orchestrator {
  /// Says once what agents this machine lacks for tasks that are left to other machines because of it.
  func sayLacking(_ plan: Plan) {
    let reasons = plan.waiting.values.compactMap { wait -> String? in
      if case .agent(let reason, until: nil) = wait { reason } else { nil }
    }
    for reason in Set(reasons).subtracting(saidToLack).sorted() {
      saidToLack.insert(reason)
      report(
        .note("tasks are left to other machines, as this one has no agent for them: \(reason)"))
      report(
        .note(
          "  to do them here: install one, or name one that is here under 'agents' in .orch.yml or "
            + "~/.config/orch/config.yml; 'orch agents' shows what is found"))
    }
  }
}
