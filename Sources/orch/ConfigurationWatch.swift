internal import Engine
internal import Settings
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The configuration of a running `orch run`: read anew when one of its files changes, the last good one kept.
final class ConfigurationWatch: Sendable {
  private let global: GlobalOptions
  private let jobs: Int?
  private let paths: [String]
  private let seen: Mutex<[String]>

  /// Watches the files that a session has read; `jobs` goes before the configuration.
  init(_ session: Session, jobs: Int?) {
    global = session.options
    self.jobs = jobs
    let prompts = session.repository + "/.orch/prompts"
    paths = [session.repository + "/.orch.yml", Session.userConfiguration, prompts]
      .compactMap { $0 }
    seen = Mutex(paths.map(Self.mark))
  }

  /// The options if a file has changed and all is well; a problem is said once, and nothing changes.
  func changed() -> EngineOptions? {
    let marks = paths.map(Self.mark)
    let isNew = seen.withLock { seen in
      defer { seen = marks }
      return seen != marks
    }
    guard isNew else { return nil }
    do {
      var options = try Composition.options(Session(global))
      if let jobs { options.jobs = max(1, jobs) }
      Output.say("the configuration has changed and is in effect")
      return options
    } catch {
      Output.say(
        Explanation.report(of: error).text + "\nthe last good configuration stays in effect")
      return nil
    }
  }

  /// What tells one version of a file from another: inode, size, and time of change.
  private static func mark(_ path: String) -> String {
    var information = stat()
    guard stat(path, &information) == 0 else { return "" }
    #if canImport(Glibc)
      let time = information.st_mtim
    #else
      let time = information.st_mtimespec
    #endif
    return "\(information.st_ino) \(information.st_size) \(time.tv_sec) \(time.tv_nsec)"
  }
}
