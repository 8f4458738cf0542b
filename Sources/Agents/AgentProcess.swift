internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Starts programs with three given descriptors and nothing else of this process.
enum AgentProcess {
  /// What is started.
  struct Request {
    let program: String
    /// The arguments without the program's name.
    let arguments: [String]
    let environment: [String: String]
    let directory: String
    let input: Int32
    let output: Int32
    let error: Int32
    /// True for a command that stays in this process' session and group.
    var isInPlace = false
    /// True for a program that does not hear requests to end; what it starts decides for itself.
    var ignoresStop = false
    /// The largest file that it may write, in bytes; nil is no limit.
    var largestFile: Int?
    /// The file `cgroup.procs` of the control group that it is placed in; empty is none.
    var controlGroup = ""
    /// False for a program that goes on when this process has ended.
    var diesWithParent = true
  }

  /// Starts a program that dies with the thread that called this as a rule, in a session of its own as a rule.
  ///
  /// Returns its process id, or -errno, also that of a failed exec.
  ///
  /// A program that was written a moment ago may be open for writing in a child that another thread is
  /// just starting: it is tried again.
  static func start(_ request: Request) -> pid_t {
    for _ in 1..<maximumStarts {
      let child = startOnce(request)
      if child != -ETXTBSY { return child }
      poll(nil, 0, startPauseMilliseconds)
    }
    return startOnce(request)
  }

  /// How often a program that is busy is started.
  private static let maximumStarts = 20
  /// The pause between two tries, in milliseconds.
  private static let startPauseMilliseconds: Int32 = 10

  private static func startOnce(_ request: Request) -> pid_t {
    let words = [request.program] + request.arguments
    return withWords(words) { words in
      withWords(variables(request.environment)) { variables in
        withStrings(request.program, request.directory, request.controlGroup) {
          program, directory, group in
          var spawn = orch_spawn_request()
          spawn.program = program
          spawn.arguments = words
          spawn.environment = variables
          spawn.directory = directory
          spawn.input = request.input
          spawn.output = request.output
          spawn.error = request.error
          spawn.dies_with_parent = request.diesWithParent
          spawn.in_place = request.isInPlace
          spawn.ignores_stop = request.ignoresStop
          spawn.largest_file = Int64(max(0, request.largestFile ?? 0))
          spawn.control_group = request.controlGroup.isEmpty ? nil : group
          return orch_spawn(&spawn)
        }
      }
    }
  }

  /// Starts a program that is nobody's child; returns 0 or errno.
  static func startDetached(
    _ words: [String], environment: [String: String], error: Int32
  ) -> Int32 {
    guard let program = words.first else { return EINVAL }
    return withWords(words) { words in
      withWords(variables(environment)) { variables in
        orch_spawn_detached(program, words, variables, "/", error)
      }
    }
  }

  private static func variables(_ environment: [String: String]) -> [String] {
    environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  private static func withStrings<Result>(
    _ one: String, _ two: String, _ three: String,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Result
  ) -> Result {
    one.withCString { one in
      two.withCString { two in three.withCString { body(one, two, $0) } }
    }
  }

  private static func withWords<Result>(
    _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    let pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
