internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The control group in which each worker gets one of its own.
public struct ControlGroupPlace: Sendable, Hashable {
  /// Why there is none, as a sentence's part.
  public struct Absence: Error, Sendable, Hashable {
    /// The part.
    public let text: String
  }

  /// The group that orch itself goes to: a group with processes gives no controllers on.
  static let ownName = "orch"
  /// The controllers that keep limits of workers.
  static let controllers = ["memory", "pids"]

  /// The folder.
  public var path: String
  /// Those of `controllers` that workers' groups have.
  public var limits: [String]

  /// True if the kernel keeps both limits.
  public var isComplete: Bool { limits.count == Self.controllers.count }

  /// Finds the place: the one that is configured, or this process' own group if it was delegated.
  ///
  /// systemd marks what it leaves to somebody: https://systemd.io/CGROUP_DELEGATION. In any other group it, or whoever
  /// else began it, may undo what orch makes there.
  public static func find(configured: String?) throws(Absence) -> ControlGroupPlace {
    if let configured {
      guard RunFile.exists(configured + "/cgroup.controllers") else {
        throw Absence(text: "'\(configured)' is no folder of cgroup v2")
      }
      return try look(configured)
    }
    let text: (String) -> String = {
      String(decoding: RunFile.readSpecial($0) ?? [], as: UTF8.self)
    }
    let found = ControlGroupText.folder(
      mounts: text("/proc/self/mountinfo"), groups: text("/proc/self/cgroup"))
    guard var path = found else { throw Absence(text: "cgroup v2 is not mounted") }
    if path.hasSuffix("/" + ownName) { path.removeLast(ownName.count + 1) }
    guard orch_is_delegated(path) else { throw Absence(text: "'\(path)' was not delegated") }
    return try look(path)
  }

  private static func look(_ path: String) throws(Absence) -> ControlGroupPlace {
    guard access(path, W_OK) == 0 else { throw Absence(text: "'\(path)' cannot be written") }
    let given = String(
      decoding: RunFile.readSpecial(path + "/cgroup.controllers") ?? [], as: UTF8.self)
    let names = Set(given.split(whereSeparator: \.isWhitespace).map(String.init))
    return ControlGroupPlace(path: path, limits: controllers.filter(names.contains))
  }

  /// Has it give its controllers on; what does not work is left.
  ///
  /// Its own processes are moved to a group below it first. May be repeated, by several at once.
  func prepare() {
    let control = path + "/cgroup.subtree_control"
    if orch_is_delegated(path) { moveProcesses() }
    for name in limits { _ = ControlGroup.write("+\(name)", to: control) }
  }

  private func moveProcesses() {
    let own = "\(path)/\(Self.ownName)"
    guard mkdir(own, 0o755) == 0 || errno == EEXIST else { return }
    let listed = RunFile.readSpecial(path + "/cgroup.procs") ?? []
    for line in String(decoding: listed, as: UTF8.self).split(separator: "\n") {
      _ = ControlGroup.write(String(line), to: own + "/cgroup.procs")
    }
  }
}
