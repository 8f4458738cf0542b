#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The processes below this one, found in /proc; orphans come to the subreaper and are found too.
enum ProcessTree {
  /// The most rounds in which descendants are killed: each round catches what the last one orphaned.
  static let maximumRounds = 50

  /// The processes whose parent is `parent`.
  static func children(of parent: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var result: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), let found = self.parent(of: pid), found == parent else {
        continue
      }
      result.append(pid)
    }
    return result
  }

  /// Kills everything below this process and waits for its end; returns how many there were.
  static func killDescendants() -> Int {
    var killed: Set<pid_t> = []
    for _ in 0..<maximumRounds {
      let children = children(of: getpid())
      if children.isEmpty { break }
      for child in children {
        kill(child, SIGKILL)
        killed.insert(child)
      }
      for child in children { waitpid(child, nil, 0) }
    }
    return killed.count
  }

  /// The variable that every process of an attempt inherits.
  static let marker = "ORCH_RUN_DIRECTORY"

  /// Kills the processes that carry an attempt's mark: what a killed supervisor left behind.
  static func killMarked(_ directory: String) {
    let mark = Array("\(marker)=\(directory)".utf8)
    guard let folder = opendir("/proc") else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), pid != getpid(),
        let environment = RunFile.readSpecial("/proc/\(pid)/environ"),
        environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
      else { continue }
      kill(pid, SIGKILL)
    }
  }

  /// The fourth field of /proc/PID/stat, read after the last ")": names may hold anything.
  private static func parent(of pid: pid_t) -> pid_t? {
    guard let bytes = RunFile.readSpecial("/proc/\(pid)/stat") else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? pid_t(fields[1]) : nil
  }
}
