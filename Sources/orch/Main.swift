internal import Agents
internal import ArgumentParser

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The program: parse, run, report, exit.
@main
struct Main {
  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    // A supervisor must be small and start at once: it goes by everything else.
    if words.first == "supervise", words.count == 2 {
      exit(Supervisor.main(runDirectory: words[1]))
    }
    if words.first == SandboxGate.command {
      exit(SandboxGate.main(Array(words.dropFirst()), environment: Environment.all))
    }
    if let code = WorkerPrograms.answer(words) { exit(code) }
    signal(SIGPIPE, SIG_IGN)
    await run(GlobalOptions.movedBehindCommand(words))
  }

  private static func run(_ words: [String]) async {
    // Nothing is buffered: what libraries would tidy up at the end goes with the process.
    if QuickLook.answer(words) { _exit(0) }
    if await HookRun.answer(words) { _exit(0) }
    var known: (any ParsableCommand.Type)?
    do {
      var command = try OrchCommand.parseAsRoot(words)
      known = type(of: command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(Failure.report(error, words: words, of: known))
    }
  }
}

/// `orch` itself: the tree of commands.
struct OrchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orch",
    abstract: "Runs coding agents on a git repository, and keeps everything that they do in git.",
    usage: "orch [-C <dir>] [--json] [--quiet] <subcommand>",
    discussion: """
      Begin with 'orch init' in a repository that has a remote, add work with 'orch task add', and \
      let it be done with 'orch run'. 'git log refs/orchestrator' is the diary.

      Every command takes '-C DIR' (run as if started there), '--json' (one document for programs) and \
      '--quiet' (results only), before or behind its name.
      """,
    subcommands: [
      InitCommand.self, TaskCommand.self, RunCommand.self, StartCommand.self, StopCommand.self,
      RestartCommand.self, ServeCommand.self, StatusCommand.self, TopCommand.self, LogCommand.self,
      PullRequestCommand.self, RadarCommand.self, MessageCommand.self, LessonCommand.self,
      CorrectCommand.self,
      AskCommand.self, CheckpointCommand.self, ReportCommand.self, LockCommand.self,
      JobCommand.self, HooksCommand.self, HookCommand.self,
      SyncCommand.self, CloneCommand.self, ClaimCommand.self, HostsCommand.self,
      GarbageCommand.self, SkillCommand.self, ChatCommand.self, ModelContextCommand.self,
      DigestCommand.self, BlameCommand.self,
      CostCommand.self, AgentsCommand.self,
      ConfigCommand.self, CredentialCommand.self, DoctorCommand.self, VersionCommand.self,
      ManualCommand.self,
    ])
}
