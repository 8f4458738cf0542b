import CPlatform
public import Foundation
import Synchronization

/// A program that a test has started.
///
/// Foundation's `Process` learns of an end by a socket that closes, and a program that another test starts in the same
/// instant inherits that socket: the end is seen once that other one has ended too, which a server does not. This one
/// gives a program its three standard streams and nothing else, and asks the kernel for its end.
public final class ChildProcess: Sendable {
  /// Where a standard stream of the program comes from or goes to.
  public enum Stream {
    /// What this process has there.
    case inherited
    /// Nothing, or nowhere.
    case null
    /// A file, which is read, or added to.
    case file(String)
    /// One end of a pipe, which is closed here then.
    case pipe(Pipe)
  }

  /// The program could not be started.
  public struct Failure: Error, CustomStringConvertible {
    /// The command line.
    public let command: [String]
    /// The error's number.
    public let number: Int32

    /// Both, in words.
    public var description: String {
      "\(command.joined(separator: " ")) was not started: \(String(cString: strerror(number)))"
    }
  }

  /// The process id.
  public let processIdentifier: Int32
  /// The command line.
  public let command: [String]
  private let status = Mutex<Int32?>(nil)

  /// Starts a program, looked for on the `PATH` of its environment unless it is a path; throws `Failure`.
  ///
  /// It has a session of its own and default signals. The environment is this process' own unless it is given.
  public init(
    _ command: [String], in directory: String = ".", environment: [String: String]? = nil,
    input: Stream = .null, output: Stream = .inherited, error: Stream = .inherited
  ) throws {
    self.command = command
    processIdentifier = try Launch(
      command: command.first?.hasPrefix("/") == true ? command : ["/usr/bin/env"] + command,
      directory: directory, environment: environment ?? ProcessInfo.processInfo.environment,
      streams: [input, output, error]
    ).start()
    Scratch.current.note(self)
  }

  /// True until it has ended.
  public var isRunning: Bool { collected == nil }

  /// The exit code of one that has ended, or 128 and the number of the signal that ended it.
  public var terminationStatus: Int32 {
    guard let status = collected else { preconditionFailure("\(command) has not ended") }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// True for one that a signal ended.
  public var wasKilled: Bool { collected.map { $0 & 0x7F != 0 } ?? false }

  /// Sends SIGTERM, unless it has ended.
  public func terminate() { send(SIGTERM) }

  /// Sends SIGINT, unless it has ended.
  public func interrupt() { send(SIGINT) }

  /// Sends a signal, unless it has ended.
  public func send(_ signal: Int32) {
    status.withLock { if $0 == nil { kill(processIdentifier, signal) } }
  }

  /// Waits for its end, asleep.
  ///
  /// One that does not end is killed after ten minutes, an hour with ORCH_PROVE=1, and told of: a run of all tests that
  /// stands still says nothing of why.
  public func waitForEnd() {
    let watch = HangWatch(self)
    defer { watch.cancel() }
    while isRunning {
      var end = siginfo_t()
      // Looks only: another thread may be asking whether it runs.
      _ = waitid(P_PID, id_t(processIdentifier), &end, WEXITED | WNOWAIT)
    }
  }

  /// The wait status; nil while it runs.
  private var collected: Int32? {
    status.withLock { known in
      var status: Int32 = 0
      if known == nil, waitpid(processIdentifier, &status, WNOHANG) == processIdentifier {
        known = status
      }
      return known
    }
  }
}

/// What is started, and how.
private struct Launch {
  let command: [String]
  let directory: String
  let environment: [String: String]
  let streams: [ChildProcess.Stream]

  /// How often a program that is busy, as it was written a moment ago, is started.
  private static let maximumStarts = 50

  /// Starts it; returns its process id.
  func start() throws -> pid_t {
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    let descriptors = try streams.enumerated().map { number, stream in
      try descriptor(of: stream, as: Int32(number), &opened)
    }
    var child = spawn(descriptors)
    for _ in 1..<Self.maximumStarts where child == -ETXTBSY {
      _ = poll(nil, 0, 10)
      child = spawn(descriptors)
    }
    guard child > 0 else { throw ChildProcess.Failure(command: command, number: -child) }
    for (number, stream) in streams.enumerated() {
      guard case .pipe(let pipe) = stream else { continue }
      try (number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting).close()
    }
    return child
  }

  private func spawn(_ descriptors: [Int32]) -> pid_t {
    withWords(command) { words in
      withWords(environment.map { "\($0.key)=\($0.value)" }) { variables in
        command[0].withCString { program in
          directory.withCString { directory in
            var request = orch_spawn_request()
            request.program = program
            request.arguments = words
            request.environment = variables
            request.directory = directory
            (request.input, request.output, request.error) = (
              descriptors[0], descriptors[1], descriptors[2]
            )
            return orch_spawn(&request)
          }
        }
      }
    }
  }

  /// What a stream is here; adds it to `opened` if it is to be closed once the program has it.
  private func descriptor(
    of stream: ChildProcess.Stream, as number: Int32, _ opened: inout [Int32]
  ) throws -> Int32 {
    let path: String
    switch stream {
    case .inherited: return number
    case .pipe(let pipe):
      let end = number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting
      return end.fileDescriptor
    case .null: path = "/dev/null"
    case .file(let name): path = name
    }
    let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
    let descriptor = orch_open(path, flags, 0o666)
    guard descriptor >= 0 else {
      throw ChildProcess.Failure(command: [path], number: -descriptor)
    }
    opened.append(descriptor)
    return descriptor
  }

  private func withWords<Result>(
    _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    let pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
