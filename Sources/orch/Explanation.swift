internal import Agents
internal import Engine
internal import Forge
internal import Git2
internal import GitCLI
internal import GitState
internal import Hooks
internal import JSON
internal import Prompts
internal import Settings
internal import Workflow
internal import Worktrees

/// Makes reports of typed errors: the only place where hints come from.
enum Explanation {
  /// The report of an error of any room.
  static func report(of error: any Error) -> Report {
    switch error {
    case let error as CommandError: error.report
    case let error as StateError: state(error)
    case let error as TaskError: task(error)
    case let error as MessageError: message(error)
    case let error as LessonError: lesson(error)
    case let error as JobError: job(error)
    case let error as HookError: Report("a hook could not be changed: \(error)")
    case let error as HookProblem: Report(error.text, hints: error.hints)
    case let error as PlanError: plan(error)
    case let error as EngineError: engine(error)
    case let error as GitCommandError: command(error)
    case let error as SyncError: sync(error)
    case let error as ClaimError: claim(error)
    case let error as OpenError: open(error)
    case let error as GitError: git(error)
    case let error as ForgeError: Report(error.description, hints: error.hints)
    case let error as AgentError: agent(error)
    case let error as WorktreeError: worktree(error)
    case let error as SettingsError:
      Report("the configuration is not right", causes: error.problems.map(\.description))
    case let error as PromptError: Report("a prompt cannot be made", causes: [error.description])
    default: Report("\(error)", hints: ["this is a fault in orch: please report it"], code: .fault)
    }
  }

  private static func plan(_ error: PlanError) -> Report {
    switch error {
    case .none(let task):
      Report(
        "task '\(task.prefix(6))' has no plan that waits for a decision",
        hints: ["orch task show \(task.prefix(6))", "orch task plan \"…\" asks for one"])
    case .changed(let task):
      Report(
        "the plan of '\(task.prefix(6))' has changed meanwhile",
        hints: ["look again: orch task show \(task.prefix(6))"])
    }
  }

  static func open(_ error: OpenError) -> Report {
    switch error {
    case .notARepository(let path):
      Report("'\(path)' is not in a git repository", hints: ["go to one, or run 'git init'"])
    case .ownedByAnotherUser(let path):
      Report(
        "the repository at '\(path)' belongs to another user",
        hints: ["run 'git config --global --add safe.directory \(path)' if you trust it"])
    case .unsupportedExtension("extensions.worktreeconfig", _, let path):
      Report(
        "this repository uses 'extensions.worktreeConfig', which libgit2 cannot open",
        causes: ["it is set in '\(path)', most likely by 'git sparse-checkout' or 'git worktree'"],
        hints: ["run 'git config --unset extensions.worktreeConfig' if no worktree needs it"])
    case .unsupportedExtension(let name, let value, let path):
      Report(
        "this repository uses '\(name)=\(value)', which libgit2 does not support",
        causes: ["it is set in '\(path)'"], hints: ["use orch in a clone without it"])
    case .failed(let error): Report(error.description)
    }
  }

  private static func task(_ error: TaskError) -> Report {
    switch error {
    case .missing(let id): Report("there is no task '\(id)'", hints: ["run 'orch task list'"])
    case .emptyTitle:
      Report("a task needs a title", hints: ["orch task add \"Fix the login timeout\""])
    case .cycle(let path):
      Report("that would make tasks wait for each other", causes: [path.joined(separator: " → ")])
    case .illegal(let id, let transition):
      Report(
        "task '\(id.prefix(6))' \(transition.sentence)", hints: ["orch task show \(id.prefix(6))"])
    case .staleAttempt(let id, let token):
      Report("attempt \(token) of task '\(id.prefix(6))' is no longer the current one")
    case .notRunning(let id):
      Report(
        "task '\(id.prefix(6))' has no running worker that could add tasks",
        hints: ["outside of a worker, ORCH_TASK_ID must not be set"])
    case .tooManyAdded(let id, let limit):
      Report(
        "the worker of '\(id.prefix(6))' has added \(limit) tasks already",
        hints: ["name what is left in the result: as 'remaining', or as 'delegations'"])
    case .tooDeep(let id, let limit):
      Report(
        "task '\(id.prefix(6))' has \(limit) tasks above it: its worker adds none below",
        hints: ["do it in this task, or name it in the result as 'remaining'"])
    case .notDivided(let id):
      Report("task '\(id.prefix(6))' looks back: its worker adds no tasks")
    case .addedBesidesPlan(let id):
      Report(
        "task '\(id.prefix(6))' is planned: its parts are proposed in the result",
        hints: ["name them as 'delegations'; a person looks at them first"])
    }
  }

  private static func message(_ error: MessageError) -> Report {
    switch error {
    case .empty: Report("the message is empty")
    case .tooLong(let bytes):
      Report(
        "the message is too long", causes: ["\(bytes) bytes, at most \(Message.maximumBytes)"],
        hints: ["put the text into a file of the repository and name it"])
    case .tooMany(let limit): Report("the outbox holds \(limit) messages already")
    }
  }

  private static func lesson(_ error: LessonError) -> Report {
    switch error {
    case .missing(let id): Report("there is no lesson '\(id)'", hints: ["run 'orch lesson list'"])
    case .empty: Report("a lesson needs a text")
    case .tooLong(let bytes):
      Report(
        "the lesson is too long", causes: ["\(bytes) bytes, at most \(LessonStore.maximumBytes)"],
        hints: ["say it in a sentence or two; a skill file has room for more"])
    }
  }

  private static func job(_ error: JobError) -> Report {
    switch error {
    case .missing(let text): Report("there is no job '\(text)'", hints: ["run 'orch job list'"])
    case .ambiguous(let text, let all):
      Report("'\(text)' is the beginning of several jobs", causes: all, hints: ["type more"])
    case .isConfigured(let name):
      Report(
        "job '\(name)' is one of the configuration",
        hints: ["change 'jobs.\(name)' in .orch.yml; 'enabled: false' stops it"])
    case .emptyTitle:
      Report("a job needs a title", hints: ["orch job add @daily \"Look for stale branches\""])
    }
  }

  private static func engine(_ error: EngineError) -> Report {
    switch error {
    case .noRemote(let name):
      Report(
        "this repository has no remote '\(name)'", causes: ["orch pushes its branches to a remote"],
        hints: [
          "run 'git remote add \(name) URL'",
          "on one machine alone, a bare clone will do: 'git clone --bare . ../\(name).git'",
        ])
    case .noDefaultBranch(let remote):
      Report(
        "the remote '\(remote)' has no default branch",
        hints: [
          "push one: 'git push \(remote) HEAD', or where it had one before what 'orch doctor' names",
          "or set 'forge.base' in .orch.yml",
        ])
    case .noSuchBase(let branch, let remote):
      Report(
        "the remote '\(remote)' has no branch '\(branch)'",
        hints: ["push it, or set 'forge.base' in .orch.yml"])
    case .noSuchIssue(let number):
      Report(
        "issue #\(number) is not there, or not visible to the token",
        hints: ["name another with 'orch task edit ID --issue NUMBER'; 0 is none"])
    case .alreadyRunning(let holder):
      Report(
        "orch is already running here", causes: [holder], hints: ["stop it first"], code: .busy)
    case .waitsForRemote(let remote, let tasks, let detail): waiting(tasks, for: remote, detail)
    case .branchMoved(let branch):
      Report("someone else pushed to '\(branch)'", hints: ["look at it with 'git log \(branch)'"])
    case .renamed(let name):
      Report(
        "another machine had this one's name, which is '\(name)' from now on", hints: ["try again"],
        code: .busy)
    }
  }

  private static func waiting(_ tasks: [String], for remote: String, _ detail: String) -> Report {
    let count = tasks.count == 1 ? "1 task waits" : "\(tasks.count) tasks wait"
    let names = tasks.prefix(10).map { String($0.prefix(6)) }.joined(separator: ", ")
    let more = tasks.count > 10 ? ", …" : ""
    return Report(
      "\(count) for the remote '\(remote)', which cannot be reached: \(names)\(more)",
      causes: detail.split(separator: "\n").prefix(1).map(String.init),
      hints: [
        "all that was done is kept: once '\(remote)' can be reached, 'orch run' publishes it "
          + "and goes on"
      ], code: .busy)
  }

  private static func claim(_ error: ClaimError) -> Report {
    switch error {
    case .lost(let task):
      Report(
        "another machine has task '\(task.prefix(6))'", hints: ["see who: orch claim list"])
    case .gone(let task):
      Report(
        "the claim of task '\(task.prefix(6))' was deleted at the remote: it is asked for again",
        code: .busy)
    case .suspended(let task):
      Report(
        "task '\(task.prefix(6))' rests until the remote has heard of this machine again",
        code: .busy)
    case .unsaid(let task):
      Report(
        "what is done on task '\(task.prefix(6))' could not be told to the other machines yet",
        hints: ["it is tried again; 'orch sync' says what keeps the state from the remote"],
        code: .busy)
    case .unjoined(let task):
      Report(
        "task '\(task.prefix(6))' waits: the state of the other machines could not be taken in",
        hints: ["it is tried again; 'orch sync' says why"], code: .busy)
    case .unheard:
      Report(
        "the remote does not take this machine's heartbeats, without which it may not work",
        hints: [
          "'orch sync' and 'orch doctor' say more", "allow pushes to refs/orch/* there",
          "or work without the other machines: 'orch run --offline'",
        ], code: .busy)
    }
  }

  private static func sync(_ error: SyncError) -> Report {
    switch error {
    case .refusedByRemote(let remote, let detail):
      Report(
        "'\(remote)' does not take the state", causes: detail.isEmpty ? [] : [detail],
        hints: [
          "allow pushes to refs/orch/* and refs/notes/orchestrator there",
          "or name another remote for the state: 'sync.remote' in .orch.yml",
        ])
    case .otherProject(let remote):
      Report(
        "the state of '\(remote)' belongs to another project",
        causes: ["it has another mark than ours: nothing was fetched or joined"],
        hints: ["look at 'git remote get-url \(remote)', or name the right one with 'sync.remote'"])
    case .notTheArbiter(let remote):
      Report(
        "'\(remote)' does not keep the claims of this state",
        causes: ["the state was first synced with another remote, which may still be in use"],
        hints: [
          "name that one with 'sync.remote' in .orch.yml",
          "or, if it is gone for good: orch sync --elect",
        ])
    }
  }

  private static func command(_ error: GitCommandError) -> Report {
    switch error {
    case .notFound(let program):
      Report("the program '\(program)' is not installed", hints: ["install git"])
    case .failed(let command, let code, let detail):
      Report(
        "'\(command)' failed with exit code \(code)",
        causes: detail.split(separator: "\n").prefix(6).map(String.init),
        hints: hints(command, code))
    case .timedOut(let command, let seconds):
      Report("'\(command)' did not end within \(seconds) seconds", hints: ["check the network"])
    case .outputTooLarge(let command, let limit):
      Report("'\(command)' printed more than \(limit) bytes")
    case .broken(let command, let detail): Report("'\(command)' broke off", causes: [detail])
    }
  }

  private static func hints(_ command: String, _ code: Int) -> [String] {
    switch command {
    case "git push" where code == 1:
      ["the server refused it: change what its hook or its protection objects to"]
    case "git ls-remote", "git fetch", "git push":
      ["see that 'git ls-remote' works here without asking for a password"]
    default: []
    }
  }

  private static func agent(_ error: AgentError) -> Report {
    switch error {
    case .notInstalled(let agent, let program, let hint):
      Report("agent '\(agent)': the program '\(program)' is not installed", hints: [hint])
    case .misconfigured(let agent, let reason): Report("agent '\(agent)': \(reason)")
    case .file(let path, let number):
      Report("'\(path)' cannot be used", causes: [Errno.text(number)])
    case .sandbox(let reason, let hint):
      Report("the sandbox cannot be had", causes: [reason], hints: [hint])
    case .supervisor(let program, let number):
      Report("orch's supervisor did not start", causes: ["'\(program)': \(Errno.text(number))"])
    }
  }

  private static func worktree(_ error: WorktreeError) -> Report {
    switch error {
    case .branchCheckedOut(let branch, let path):
      Report("branch '\(branch)' is checked out elsewhere", causes: ["worktree '\(path)' has it"])
    case .pathOccupied(let path): Report("'\(path)' is in the way", hints: ["move it away"])
    case .dirty(let path, let files):
      Report("'\(path)' holds uncommitted work", causes: Array(files.prefix(5)))
    case .unfinished(let path, let operation):
      Report(
        "'\(path)' is in the middle of \(operation.name)", hints: ["there, \(operation.wayOut)"])
    case .needsGit(let reason): Report(reason)
    case .refused(let path, let reason): Report("'\(path)' is left as it is", causes: [reason])
    case .gitProgram(let operation, let detail):
      Report("git could not \(operation)", causes: [detail])
    case .index(let error): index(error)
    case .file(let path, let operation, let number):
      Report("could not \(operation) '\(path)'", causes: [Errno.text(number)])
    case .cannotOpen(let error): open(error)
    case .writing(let error): writing(error)
    case .git(let error): Report(error.description)
    }
  }

  private static func index(_ error: IndexError) -> Report {
    switch error {
    case .damaged(let path, let reason):
      Report("the index '\(path)' is damaged", causes: [reason], hints: ["git fsck"])
    case .unsupported(let path, let feature):
      Report(
        "the index '\(path)' is of a kind that orch does not read", causes: [feature],
        hints: ["git update-index --no-split-index", "git sparse-checkout init --no-sparse-index"])
    case .locked(let path):
      Report("another process holds '\(path)'", hints: ["wait for it, or remove the file"])
    case .file(let path, let operation, let number):
      Report("could not \(operation) '\(path)'", causes: [Errno.text(number)])
    }
  }
}
