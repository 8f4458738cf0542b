#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Finds programs on a PATH that is given as a value.
public enum ProgramPath {
  /// The absolute path of a program; nil if there is none that may be run.
  ///
  /// A relative path is taken from this process' folder, never from the worktree in which the program
  /// will run: what lies there is not to be trusted.
  public static func find(_ program: String, path: String) -> String? {
    if program.contains("/") {
      let absolute = program.hasPrefix("/") ? program : currentFolder.map { "\($0)/\(program)" }
      return absolute.flatMap { isProgram($0) ? $0 : nil }
    }
    if program.isEmpty { return nil }
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let candidate = "\(folder)/\(program)"
      if isProgram(candidate) { return candidate }
    }
    return nil
  }

  private static var currentFolder: String? {
    guard let text = getcwd(nil, 0) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  private static func isProgram(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }
}
