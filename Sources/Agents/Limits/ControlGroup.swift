internal import CPlatform
internal import Folders
public import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A worker's own control group of version 2: whatever it starts stays in it, and ends with it.
///
/// Which limits it keeps depends on the controllers that its parent gives on.
public struct ControlGroup: Sendable, Hashable {
  /// How long its processes may take to be gone, in milliseconds.
  static let endMilliseconds: Int64 = 5000

  /// The folder of its parent.
  public var parent: String
  /// Its name there.
  public var name: String

  /// Both parts.
  public init(parent: String, name: String) {
    self.parent = parent
    self.name = name
  }

  /// Its folder.
  var path: String { "\(parent)/\(name)" }
  /// The file into which a process writes to be placed in it.
  var processes: String { path + "/cgroup.procs" }

  /// Makes it, with the limits that its controllers keep; false if it cannot be made.
  func make(_ limits: ResourceLimits) -> Bool {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST, RunFile.exists(processes) else {
      return false
    }
    for (file, value) in Self.settings(limits) where RunFile.exists("\(path)/\(file)") {
      _ = Self.write(value, to: "\(path)/\(file)")
    }
    return true
  }

  /// What is written into which of its files, in order.
  static func settings(_ limits: ResourceLimits) -> [(file: String, value: String)] {
    var settings: [(file: String, value: String)] = []
    if let bytes = limits.memoryBytes {
      settings += [
        ("memory.max", String(bytes)), ("memory.swap.max", "0"),
        // Half of a worker is of no use: what passes the limit ends all of it.
        ("memory.oom.group", "1"),
      ]
    }
    if let threads = limits.threads { settings.append(("pids.max", String(threads))) }
    return settings
  }

  /// True if a process is in it.
  func holds(_ process: pid_t) -> Bool {
    text(of: "cgroup.procs").split(separator: "\n").contains { $0 == String(process) }
  }

  /// What the kernel did for a limit of it, in words; nil if nothing.
  func excess(_ limits: ResourceLimits) -> String? {
    if let count = ControlGroupText.count("oom_kill", in: text(of: "memory.events")), count > 0 {
      let allowed = limits.memoryBytes.map { ", \($0 >> 20) MB are allowed" } ?? ""
      return "it used up its memory\(allowed): the kernel ended \(count) of its processes"
    }
    return nil
  }

  /// True if it was refused another process or thread.
  func wasFull() -> Bool {
    (ControlGroupText.count("max", in: text(of: "pids.events")) ?? 0) > 0
  }

  /// Ends everything in it and removes it; false if something is still there.
  @discardableResult
  func end() -> Bool {
    let deadline = orch_monotonic_ms() + Self.endMilliseconds
    while RunFile.exists(path) {
      if !Self.write("1", to: path + "/cgroup.kill") { killEach(below: path) }
      if removeFolders(below: path) { return true }
      if orch_monotonic_ms() >= deadline { return false }
      poll(nil, 0, 2)
    }
    return true
  }

  /// For kernels before 5.14: kills what is there, group by group.
  private func killEach(below folder: String) {
    for child in Self.groups(in: folder) { killEach(below: child) }
    let listed = RunFile.readSpecial(folder + "/cgroup.procs") ?? []
    for line in String(decoding: listed, as: UTF8.self).split(separator: "\n") {
      if let process = pid_t(line), process > 1 { kill(process, SIGKILL) }
    }
  }

  /// Removes a group, with those that a worker made in it.
  private func removeFolders(below folder: String) -> Bool {
    for child in Self.groups(in: folder) where !removeFolders(below: child) { return false }
    return rmdir(folder) == 0 || errno == ENOENT
  }

  private static func groups(in folder: String) -> [String] {
    Folder.names(in: folder).map { "\(folder)/\($0)" }.filter(RunFile.isFolder)
  }

  private func text(of file: String) -> String {
    String(decoding: RunFile.readSpecial("\(path)/\(file)") ?? [], as: UTF8.self)
  }

  /// Writes into a file of the kernel's; false if it refuses.
  static func write(_ text: String, to path: String) -> Bool {
    let file = orch_open(path, O_WRONLY, 0)
    guard file >= 0 else { return false }
    defer { close(file) }
    return RunFile.append(Array(text.utf8), to: file)
  }

  /// The form in `launch.json`.
  public var json: JSONValue { ["parent": .string(parent), "name": .string(name)] }

  /// Reads the form in `launch.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let parent = json["parent"]?.string, let name = json["name"]?.string,
      parent.hasPrefix("/"), !name.isEmpty, !name.contains("/")
    else { return nil }
    self.init(parent: parent, name: name)
  }
}
