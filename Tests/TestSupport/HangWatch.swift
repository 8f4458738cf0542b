import Foundation

/// Kills a process that should have ended long ago, and tells of it.
struct HangWatch {
  /// How long a process may take, in seconds.
  ///
  /// The longest of a usual run of the tests take a minute or two.
  private static let patience =
    ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 3600.0 : 600.0

  private let item: DispatchWorkItem

  /// Watches from now on.
  init(_ process: ChildProcess) {
    let folder = Scratch.current.path
    item = DispatchWorkItem {
      let picture = Self.picture(of: process.processIdentifier, in: folder)
      let text = "HANGS: \(process.command.joined(separator: " "))\n\(picture)"
      FileHandle.standardError.write(Data(text.utf8))
      process.send(SIGKILL)
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience, execute: item)
  }

  /// It has ended.
  func cancel() { item.cancel() }

  /// The process, its children, and the others that work in the test's folder or name it.
  private static func picture(of process: Int32, in folder: String) -> String {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int($0) != nil }.compactMap { name in
      let place = "/proc/" + name
      let words = content(place, "cmdline").replacingOccurrences(of: "\0", with: " ")
      let parent = content(place, "stat").split(separator: ")").last?.split(separator: " ")
        .dropFirst().first.flatMap { Int32($0) }
      let isOurs =
        words.contains(folder) || target(place, "cwd").hasPrefix(folder)
        || [parent, Int32(name)].contains(process)
      return isOurs ? describe(place, words) : nil
    }.joined()
  }

  /// Its threads, each with its state and what it waits for, and its open files.
  private static func describe(_ place: String, _ words: String) -> String {
    let files = FileManager.default
    let threads = ((try? files.contentsOfDirectory(atPath: place + "/task")) ?? []).map { thread in
      let at = "\(place)/task/\(thread)"
      let state = content(at, "stat").split(separator: ")").last?.prefix(2) ?? ""
      return "\(state) \(content(at, "wchan"))"
    }
    let open = ((try? files.contentsOfDirectory(atPath: place + "/fd")) ?? []).sorted()
      .map { "\($0)=\(target(place, "fd/" + $0))" }
    return """
        \(place) \(words)
          threads: \(threads.joined(separator: ","))
          files: \(open.joined(separator: " "))

      """
  }

  private static func content(_ place: String, _ name: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: "\(place)/\(name)") ?? Data(), as: UTF8.self)
  }

  private static func target(_ place: String, _ name: String) -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/\(name)")) ?? ""
  }
}
