import Foundation
import JSON
import Settings
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)))
struct `Reading settings` {
  @Test func `no file at all gives every default`() throws {
    let loaded = try load()
    #expect(loaded.settings == Settings())
    #expect(loaded.all.allSatisfy { $0.origin == .standard })
    #expect(loaded.settings.workflow.maxAttempts == 10)
    #expect(loaded.settings.workflow.timeoutSeconds.seconds(complexity: nil) == 3600)
    #expect(loaded.settings.git.email == "orch@localhost")
    #expect(loaded.settings.agentNames == ["claude", "codex", "opencode"])
  }

  @Test(arguments: ["", "\n\n", "# only a comment\n", "---\n", "~", "workflow:\n", "\u{FEFF}"])
  func `an empty file gives every default`(text: String) throws {
    #expect(try load(repository: text).settings == Settings())
  }

  @Test func `paths that are not given give every default`() throws {
    #expect(try Settings.load(repositoryFile: nil, userFile: nil).settings == Settings())
  }

  @Test func `the repository's file is merged over the user's, key by key`() throws {
    let loaded = try load(
      repository: """
        workflow:
          max_attempts: 3
        agents:
          claude:
            model: opus
        router:
          disabled_agents: [codex]
        """,
      user: """
        workflow:
          max_attempts: 5
          stall_seconds: 60
        agents:
          claude:
            args: [--verbose]
            env: {A: "1"}
          codex: {model: fast}
        router:
          disabled_agents: [opencode, claude]
        """)
    #expect(loaded.settings.workflow.maxAttempts == 3)
    #expect(loaded.settings.workflow.stallSeconds == 60)
    let claude = try #require(loaded.settings.agent(named: "claude"))
    #expect(claude.model == "opus")
    #expect(claude.args == ["--verbose"])
    #expect(claude.env == ["A": "1"])
    #expect(claude.kind == .claude)
    #expect(loaded.settings.router.disabledAgents == ["codex"])
    #expect(loaded.settings.agentNames == ["claude", "codex", "opencode"])
  }

  @Test func `every section can be set`() throws {
    let settings = try load(repository: everything).settings
    #expect(settings.workflow.timeoutSeconds.seconds(complexity: "simple") == 60)
    #expect(settings.workflow.timeoutSeconds.seconds(complexity: "medium") == 900)
    #expect(settings.workflow.requiredSkills == ["testing", "style"])
    #expect(settings.workflow.autoApprove)
    #expect(settings.router.mode == .roundRobin)
    #expect(settings.modelMap.model(tier: "simple", agent: "codex") == "small")
    #expect(settings.modelMap.model(tier: "complex", agent: "claude") == "opus")
    #expect(settings.modelMap.model(tier: "complex", agent: "codex") == "large")
    #expect(settings.modelMap.model(tier: "medium", agent: "codex") == nil)
    #expect(settings.agents["fixer"]?.kind == .script)
    #expect(settings.agents["fixer"]?.command == ["./fix.sh", "--level", "3"])
    #expect(settings.agents["line"]?.command == ["sh", "-c", "echo hi | cat"])
    #expect(settings.agents["fixer"]?.env == ["PORT": "8080", "DEBUG": "true", "HOME2": "$HOME"])
    #expect(settings.agents["second"]?.kind == .claude)
    #expect(settings.isEnabled(agent: "line") == false)
    #expect(settings.agentNames == ["fixer", "line", "second", "claude", "codex", "opencode"])
    #expect(settings.forge.kind == .github)
    #expect(settings.forge.merge == .whenApproved)
    #expect(settings.forge.mergeMethod == .squash)
    #expect(settings.checks.map(\.name) == ["build", "test"])
    #expect(settings.checks.map(\.command) == [["sh", "-c", "make"], ["make", "test"]])
    #expect(settings.checks.map(\.lock) == ["build", "gpu"])
    #expect(settings.checks.map(\.timeoutSeconds) == [1800, 60])
    #expect(settings.capacity(ofLock: "gpu") == 2)
    #expect(settings.capacity(ofLock: "build") == 1)
    #expect(settings.worktrees.copy == [".env"])
    #expect(settings.sandbox.kind == .bubblewrap)
    #expect(settings.budget.usdPerTask == 2.5)
    #expect(settings.budget.prices["vendor/gpt-4.1"]?.outputUSD == 8)
    #expect(settings.jobs["nightly"]?.schedule == "0 3 * * *")
    #expect(settings.prompts.bytes == ["git_diff": 1000])
  }

  @Test func `the merge policy follows the forge unless it is set`() throws {
    #expect(try load().settings.forge.merge == .whenGreen)
    #expect(try load(repository: "forge: {type: github}").settings.forge.merge == .whenApproved)
    let set = try load(repository: "forge: {type: github, merge: never}")
    #expect(set.settings.forge.merge == .never)
  }

  @Test func `anchors and merge keys are followed`() throws {
    let settings = try load(
      repository: """
        agents:
          a: &base
            type: script
            command: [one]
            args: [x]
          b:
            <<: *base
            command: [two]
          c: *base
        """
    ).settings
    #expect(settings.agents["b"]?.command == ["two"])
    #expect(settings.agents["b"]?.args == ["x"])
    #expect(settings.agents["c"] == settings.agents["a"])
  }

  @Test func `a bare number and a map of times merge over files`() throws {
    let loaded = try load(
      repository: "workflow:\n  timeout_seconds:\n    complex: 7200\n",
      user: "workflow:\n  timeout_seconds: 100\n")
    #expect(loaded.settings.workflow.timeoutSeconds.seconds(complexity: "simple") == 100)
    #expect(loaded.settings.workflow.timeoutSeconds.seconds(complexity: "complex") == 7200)
  }

  @Test func `values are data and nothing is substituted`() throws {
    let settings = try load(repository: "worktrees: {root: \"/$HOME/`id`/~\"}").settings
    #expect(settings.worktrees.root == "/$HOME/`id`/~")
  }

  private let everything = """
    workflow:
      timeout_seconds: {default: 900, simple: 60}
      required_skills: [testing, style]
      auto_approve: yes
    router: {mode: round_robin, fallback_executor: fixer}
    model_map:
      simple: small
      complex: {default: large, claude: opus}
    agents:
      fixer:
        type: script
        command: [./fix.sh, --level, 3]
        env: {PORT: 8080, DEBUG: true, HOME2: $HOME}
      line: {command: echo hi | cat, enabled: false}
      second: {type: claude}
    forge: {type: github, repository: owner/name, merge_method: squash}
    checks:
      - {name: build, command: make}
      - name: test
        command: [make, test]
        lock: gpu
        timeout_seconds: 60
    locks: {gpu: 2}
    worktrees: {setup: [make deps], copy: .env}
    sandbox: bubblewrap
    budget:
      usd_per_task: 2.5
      prices: {vendor/gpt-4.1: {input: 2, output: 8}}
    lessons: {max_bytes: 100}
    sync: {remote: state}
    jobs: {nightly: {schedule: 0 3 * * *, title: Tidy up}}
    hooks: {todos: off}
    git: {name: bot}
    prompts: {bytes: {git_diff: 1000}}
    """
}
