internal import Agents
internal import Hooks

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What stands before other programs on a worker's `PATH` and is orch itself: `rm` and its gentler names, and programs that
/// wait for their turn.
///
/// The files there are two lines that give their own path and their words to `orch`; see `WorkerGuard.programs`.
enum WorkerPrograms {
  /// Answers such words with an exit code; nil if they are something else.
  static func answer(_ words: [String]) -> Int32? {
    guard words.count >= 2, words[0] == WorkerGuard.programWord else { return nil }
    let called = words[1]
    let name = called.split(separator: "/").last.map(String.init) ?? called
    if WorkerGuard.trashNames.contains(name) {
      var trash = WorkerTrash(name: name, rawArguments(from: 3))
      return trash.run(
        worktree: Environment.value("ORCH_WORKTREE"), temporaryFolder: Environment.value("TMPDIR"))
    }
    return waitForTurn(name, in: folder(of: called), Array(words.dropFirst(2)))
  }

  /// Becomes the program of this name that comes next on `PATH`, when it is its turn under the lock `build`.
  private static func waitForTurn(_ name: String, in own: String, _ words: [String]) -> Int32 {
    let folders = (Environment.value("PATH") ?? "").split(separator: ":").map(String.init)
    let real = resolved(own)
    let program = folders.filter { resolved($0) != real }.map { "\($0)/\(name)" }
      .first { isProgram($0) }
    guard let program else {
      Output.say("\(name): not found")
      return 127
    }
    do {
      let command = AgentCommand(
        program: try Composition.ownProgram(),
        arguments: ["lock", "run", "build", "--", program] + words)
      try ProcessReplacement.become(
        command, in: Session.currentFolder, environment: Environment.all)
    } catch {
      Output.say(Explanation.report(of: error).text)
    }
    return 126
  }

  private static func isProgram(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }

  private static func folder(of path: String) -> String {
    let end = path.lastIndex(of: "/").map { path[..<$0] }
    return end.map { $0.isEmpty ? "/" : String($0) } ?? "."
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// The words of this process as the bytes that they are: file names need not be text.
  private static func rawArguments(from first: Int) -> [[UInt8]] {
    (first..<max(first, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { word in
        UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) }
      }
    }
  }
}
