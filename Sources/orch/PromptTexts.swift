internal import Engine
internal import Prompts
internal import Settings
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Makes prompts of what the engine has collected, with the repository's own templates and skills.
struct PromptTexts: Sendable {
  private let templates: PromptTemplates
  private let budgets: PromptBudgets
  private let repository: String
  private let requiredSkills: [String]
  private let skillFolder: SkillFolder
  private let remote: String
  private let models: ModelMap

  /// Reads `.orch/prompts/`; throws `PromptError` for a template with an unknown variable.
  init(_ session: Session) throws {
    repository = session.repository
    remote = session.settings.forge.remote
    models = session.settings.modelMap
    requiredSkills = session.settings.workflow.requiredSkills
    skillFolder = SkillFolder(repository: session.repository)
    var overrides: [String: String] = [:]
    for name in PromptTemplates.fileNames {
      let path = "\(repository)/.orch/prompts/\(name)"
      if access(path, F_OK) == 0 { overrides[name] = try TextFile.read(path) }
    }
    templates = try PromptTemplates(overrides: overrides)
    budgets = PromptBudgets(
      totalBytes: session.settings.prompts.totalBytes,
      // The lessons are chosen within their budget; each has a line around it.
      overrides: session.settings.prompts.bytes.merging(
        ["lessons": session.settings.lessons.maxBytes * 2]) { first, _ in first })
  }

  /// The prompt of an attempt.
  func prompt(_ material: PromptMaterial) throws -> PreparedPrompt {
    let built = try PromptBuilder.build(input(material), templates: templates, budgets: budgets)
    var files = built.spill
    files["spec.md"] = material.body
    files["output-schema.json"] = PromptTemplates.outputSchema
    files.merge(material.subject?.files ?? [:]) { $1 }
    return PreparedPrompt(
      text: built.text, files: files,
      parts: built.parts.map { ($0.name.rawValue, $0.bytes, $0.isCut) })
  }

  private func input(_ material: PromptMaterial) throws -> PromptInput {
    let task = material.task
    var input = PromptInput(
      taskID: String(task.id.prefix(6)), kind: kind(material),
      task: .init(
        title: task.title, body: material.body, labels: task.labels, issue: task.issue,
        isTrusted: material.isTrusted),
      branch: material.branch, base: material.base, worktree: material.worktree,
      outputFile: material.outputFile, stateDirectory: material.protocolFolder,
      baseRef: "refs/orch/remotes/\(remote)/heads/\(material.base)")
    input.attempt = material.attempt
    input.profile.role = Self.role(task.kind)
    if let profile = task.route?.profile, profile != Profile() {
      input.profile = PromptProfile(
        role: profile.role, skills: profile.skills, tools: profile.tools,
        constraints: profile.constraints)
    }
    input.repositoryTree = material.files.joined(separator: "\n")
    input.projectInstructions = material.instructions.map { .init(path: $0.name, text: $0.text) }
    input.skills = try skills(task)
    input.issueComments = (material.issue?.remarks ?? []).filter { !$0.text.isEmpty }.map {
      .init(author: $0.author, association: $0.association, text: $0.text)
    }
    input.messages = material.messages.map {
      .init(name: $0.id, sender: $0.sender, text: $0.text, isTrusted: !$0.isFromWorker)
    }
    input.lessons = material.lessons.map {
      .init(id: String($0.id.prefix(6)), text: $0.instruction, scope: $0.scope.text)
    }
    input.neighbours = material.neighbours.map {
      .init(id: $0.id, title: $0.title, files: $0.files)
    }
    addRelatives(material, to: &input)
    addTrouble(material, to: &input)
    return input
  }

  /// What a worker is where no router has said it.
  private static func role(_ kind: TaskKind) -> String {
    switch kind {
    case .implement, .job: "a software engineer of this project"
    case .spec: "the one who specifies and plans for this project"
    case .review: "a reviewer of this project who did not write the change"
    case .rebase: "a software engineer of this project who knows both sides of the conflict"
    case .repair: "a software engineer of this project who makes its checks pass"
    case .retrospective: "the one who finds out why attempts fail, and what to tell the next"
    }
  }

  private func addRelatives(_ material: PromptMaterial, to input: inout PromptInput) {
    if let parent = material.parent {
      input.parent = .init(
        id: String(parent.id.prefix(6)), title: parent.title,
        summary: parent.result?.summary ?? "", accomplished: parent.result?.accomplished ?? [],
        siblings: material.siblings.map {
          .init(id: String($0.id.prefix(6)), title: $0.title, status: $0.status.words)
        })
    }
    input.children = material.children.map {
      .init(
        id: String($0.id.prefix(6)), title: $0.title, status: $0.status.words,
        summary: $0.result?.summary ?? $0.reason ?? "", accomplished: $0.result?.accomplished ?? [],
        remaining: $0.result?.remaining ?? [], filesChanged: $0.result?.filesChanged ?? [])
    }
  }

  private func addTrouble(_ material: PromptMaterial, to input: inout PromptInput) {
    let task = material.task
    input.checkpoint = task.checkpoint
    input.errorHistory = material.history
    input.lastError = task.attempts.last { $0.endedAt != nil }?.error
    input.attemptReports = material.earlierRuns.map {
      .init(number: $0.number, agent: $0.agent, text: $0.text)
    }
    if let subject = material.subject {
      input.attemptReports = subject.reports.map {
        .init(number: $0.number, agent: $0.agent, text: $0.text)
      }
    }
    input.toolCalls = material.toolCalls
    input.gitDiff = material.patch.isEmpty ? nil : material.patch
    guard let request = task.pullRequest else { return }
    if material.purpose == .rebase { input.conflict = conflict(material, request) }
    input.failingCheck = failingCheck(material, request)
    input.issueComments += material.remarks.map { remark in
      .init(
        author: remark.author + (remark.place.map { " at \($0)" } ?? ""),
        association: remark.association, text: remark.text)
    }
  }

  /// The check that failed on the branch's commits: what a repair is for, and what any other attempt must know.
  private func failingCheck(
    _ material: PromptMaterial, _ request: PullRequestView
  ) -> PromptInput.FailingCheck? {
    let isTold =
      switch material.purpose {
      case .repair: request.evidence == false
      case .work, .resume: request.standsFailed
      case .rebase: false
      }
    guard isTold, let check = request.failingCheck else { return nil }
    let verdict = material.failsOnBase.map { $0 ? "fails too" : "does not fail" } ?? ""
    return .init(
      name: check, log: request.failureLog ?? "", changes: material.changes,
      earlierTries: material.task.attempts.filter { $0.purpose == .repair }.compactMap { attempt in
        attempt.error.map { "attempt \(attempt.number): \(Self.firstLine($0))" }
      },
      baseVerdict: verdict)
  }

  private static func firstLine(_ text: String) -> String {
    String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200))
  }

  private func conflict(
    _ material: PromptMaterial, _ request: PullRequestView
  ) -> PromptInput.Conflict {
    let files =
      material.conflict?.files.map { PromptInput.Conflict.File(path: $0.path, hunks: $0.text) }
      ?? request.conflictFiles.map { .init(path: $0) }
    let changes = material.conflict?.baseChanges ?? []
    return .init(
      files: files, ourIntent: material.task.result?.summary ?? material.task.title,
      baseIntent: changes.isEmpty
        ? "What '\(material.base)' contains by now; 'git log' of it tells why."
        : changes.joined(separator: "\n"))
  }

  private func kind(_ material: PromptMaterial) -> PromptKind {
    switch material.purpose {
    case .rebase: .rebase
    case .repair: material.task.pullRequest?.evidence == false ? .repair : .answer
    case .work, .resume: PromptKind(rawValue: material.task.kind.rawValue) ?? .implement
    }
  }

  /// The skills of a task: what routing chose and what the configuration requires of everyone.
  private func skills(_ task: TaskView) throws -> [PromptInput.Skill] {
    let chosen = task.route?.skills.filter { !requiredSkills.contains($0) } ?? []
    return try (requiredSkills + chosen).compactMap { name in
      if let file = try skillFolder.skill(name) {
        return .init(file, isRequired: requiredSkills.contains(name))
      }
      guard requiredSkills.contains(name) else { return nil }
      throw Self.missing(skill: name)
    }
  }

  private static func missing(skill name: String) -> CommandError {
    CommandError(
      "the required skill '\(name)' does not exist",
      hints: ["write 'skills/\(name)/SKILL.md', or change 'workflow.required_skills'"])
  }

  /// What every attempt would fail of: required skills that are not there, or cannot be read.
  static func skillProblems(_ session: Session) -> [any Error] {
    let folder = SkillFolder(repository: session.repository)
    return session.settings.workflow.requiredSkills.compactMap { name in
      do { return try folder.skill(name) == nil ? missing(skill: name) : nil } catch {
        return error
      }
    }
  }

  /// The routing question and its answer.
  var routing: RoutingText {
    let templates = templates
    let models = models
    let skills = skillFolder
    return RoutingText(
      question: { task, agents in
        RouterPrompt.build(
          task: .init(title: task.title, body: task.body, labels: task.labels, issue: task.issue),
          kind: PromptKind(rawValue: task.kind.rawValue) ?? .implement,
          agents: agents.map { .init(name: $0) },
          tiers: Self.tiers(models, agents), skills: skills.all(), templates: templates)
      },
      answer: { text, agents in
        let answer = try RouterAnswer.parse(text, allowedAgents: agents)
        return Route(
          executor: answer.executor, model: answer.model, reason: answer.reason,
          profile: Profile(
            role: answer.profile.role, skills: answer.profile.skills, tools: answer.profile.tools,
            constraints: answer.profile.constraints), skills: answer.skills)
      })
  }

  private static func tiers(_ models: ModelMap, _ agents: [String]) -> [RouterPrompt.Tier] {
    ["simple", "medium", "complex"].compactMap { tier in
      let known = agents.compactMap { agent in
        models.model(tier: tier, agent: agent).map { (agent, $0) }
      }
      guard !known.isEmpty else { return nil }
      return .init(name: tier, models: Dictionary(known) { first, _ in first })
    }
  }
}
