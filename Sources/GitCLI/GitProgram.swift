internal import Subprocess
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Runs the git program with a fixed environment, limits, and typed failures.
///
/// The network belongs to it, so that the user's ssh configuration, credential helpers and proxies
/// work as they do for git itself. It never asks: there may be nobody at the terminal.
public struct GitProgram: Sendable {
  /// The most output that is read from one run, in bytes.
  public static let maximumOutputBytes = 64 << 20
  /// The part of an error message that is kept, in characters.
  public static let maximumDetailLength = 2000

  /// What a run left.
  public struct Output: Sendable {
    /// The exit code.
    public let exitCode: Int
    /// Standard output.
    public let text: String
    /// Standard error.
    public let errorText: String
  }

  /// The repository or worktree that commands run in.
  public let directory: String
  /// The environment of every run.
  public let environment: [String: String]
  /// How long a run may take, in seconds.
  public let timeoutSeconds: Int
  /// How long a fetch or a push may take, in seconds.
  public let transferSeconds: Int
  /// Shortens what goes over the network once it is pulled.
  let brake: NetworkBrake?
  /// The program's path, if it is on the environment's `PATH`.
  private let path: String?

  /// Runs git in `directory`; `environment` is the user's, of which git's own variables are dropped.
  ///
  /// A fetch or a push may take `transferSeconds`, which are those of every run if none are given.
  public init(
    directory: String, environment: [String: String], timeoutSeconds: Int = 120,
    transferSeconds: Int? = nil, brake: NetworkBrake? = nil
  ) {
    self.directory = directory
    self.timeoutSeconds = timeoutSeconds
    self.transferSeconds = transferSeconds ?? timeoutSeconds
    self.brake = brake
    var kept = environment.filter { name, _ in
      !name.hasPrefix("GIT_") || Self.keptVariables.contains(name)
    }
    kept.merge(Self.keptSettings(environment)) { $1 }
    kept["GIT_TERMINAL_PROMPT"] = "0"
    kept["GIT_OPTIONAL_LOCKS"] = "0"
    kept["LC_ALL"] = "C"
    // The user's own command for ssh counts, from wherever it comes. What keeps ssh from asking is that it has
    // no terminal, and no program to ask with.
    kept["SSH_ASKPASS_REQUIRE"] = "never"
    self.environment = kept
    path = Self.find(on: kept["PATH"] ?? "")
  }

  /// Looks git up: left to the library, each folder of the `PATH` before git's costs a process.
  private static func find(on path: String) -> String? {
    path.split(separator: ":").lazy.filter { $0.hasPrefix("/") }.map { "\($0)/git" }
      .first { access($0, X_OK) == 0 }
  }

  /// The same program in another directory.
  public func at(_ directory: String) -> GitProgram {
    GitProgram(
      directory: directory, environment: environment, timeoutSeconds: timeoutSeconds,
      transferSeconds: transferSeconds, brake: brake)
  }

  /// The same program with another time limit for each run.
  public func limited(toSeconds seconds: Int) -> GitProgram {
    GitProgram(
      directory: directory, environment: environment, timeoutSeconds: seconds, brake: brake)
  }

  /// The same program with another time limit for each fetch and push.
  public func transferring(withinSeconds seconds: Int) -> GitProgram {
    GitProgram(
      directory: directory, environment: environment, timeoutSeconds: timeoutSeconds,
      transferSeconds: seconds, brake: brake)
  }

  /// Runs git; throws unless it exits with 0 or a code in `accepting`.
  ///
  /// `variables` are set for this run alone; git's own, such as those that name an author, are kept among them.
  @discardableResult
  public func run(
    _ arguments: [String], input: String? = nil, accepting: Set<Int> = [],
    timeoutSeconds: Int? = nil, adding variables: [String: String] = [:]
  ) async throws(GitCommandError) -> Output {
    let words = arguments.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "git"
    let output = try await result(
      arguments, command: "git \(words)", input: input ?? "", variables,
      seconds: timeoutSeconds ?? self.timeoutSeconds)
    guard output.exitCode == 0 || accepting.contains(output.exitCode) else {
      throw .failed(
        command: "git \(words)", exitCode: output.exitCode,
        detail: Self.tail(output.errorText.isEmpty ? output.text : output.errorText))
    }
    return output
  }

  private func result(
    _ arguments: [String], command: String, input: String, _ added: [String: String], seconds: Int
  ) async throws(GitCommandError) -> Output {
    let start = ContinuousClock.now
    do {
      try Task.checkCancellation()
      return try await withThrowingTaskGroup(of: Output?.self) { group in
        group.addTask { try await self.start(arguments, input: input, added) }
        group.addTask {
          try await NetworkBrake.wait(seconds: seconds, brake, arguments)
          return nil
        }
        let first = try await group.next() ?? nil
        group.cancelAll()
        guard let first else {
          let passed = Int((ContinuousClock.now - start).components.seconds)
          throw GitCommandError.timedOut(command: command, seconds: min(seconds, passed))
        }
        return first
      }
    } catch let error as GitCommandError {
      throw error
    } catch let error as SubprocessError {
      throw Self.explain(error, command: command)
    } catch {
      throw .broken(command: command, detail: "\(error)")
    }
  }

  private func start(
    _ arguments: [String], input: String, _ added: [String: String]
  ) async throws -> Output {
    var options = PlatformOptions()
    // A session of its own, so that ssh and helpers are stopped with it and have no terminal to ask at.
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    let variables = Dictionary(
      environment.merging(added) { $1 }.map { (Environment.Key(stringLiteral: $0.key), $0.value) },
      uniquingKeysWith: { first, _ in first })
    let result = try await Subprocess.run(
      path.map { .path(FilePath($0)) } ?? .name("git"), arguments: Arguments(arguments),
      environment: .custom(variables),
      workingDirectory: FilePath(directory), platformOptions: options, input: .string(input),
      output: .bytes(limit: Self.maximumOutputBytes), error: .bytes(limit: 1 << 20))
    let code =
      switch result.terminationStatus {
      case .exited(let code): Int(code)
      case .signaled(let signal): 128 + Int(signal)
      }
    return Output(
      exitCode: code, text: String(decoding: result.standardOutput, as: UTF8.self),
      errorText: String(decoding: result.standardError, as: UTF8.self))
  }

  private static func explain(_ error: SubprocessError, command: String) -> GitCommandError {
    switch error.code {
    case .executableNotFound: .notFound(program: "git")
    case .outputLimitExceeded: .outputTooLarge(command: command, limit: maximumOutputBytes)
    default: .broken(command: command, detail: "\(error)")
    }
  }

  private static func tail(_ text: String) -> String {
    let trimmed = text.split(separator: "\n", omittingEmptySubsequences: true)
      .joined(separator: "\n")
    return String(trimmed.suffix(maximumDetailLength))
  }
}
