import Foundation

/// Programs that were built together with the tests.
public enum BuiltProgram {
  /// The path of `orch`, beside the test bundle.
  public static var orch: String { path(of: "orch") }

  /// The folder of the project's sources.
  public static var sourceRoot: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }

  /// The path of a program that was built with the tests, beside the test bundle.
  public static func path(of name: String) -> String {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent(name).path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder),
        !isFolder.boolValue
      {
        return candidate
      }
      folder = folder.deletingLastPathComponent()
    }
    return "/nonexistent/\(name)-was-not-built"
  }
}

/// Waits for something to become true, up to a deadline; false if it did not.
///
/// Tests share a few threads, and between two looks others may have them for long: time alone does not end the wait,
/// only time in which there were some looks.
public func eventually(
  within seconds: Double = 120, _ condition: () throws -> Bool
) async rethrows -> Bool {
  let deadline = ContinuousClock.now + .seconds(seconds)
  var looks = 0
  while ContinuousClock.now < deadline || looks < Int(min(seconds, 40)) {
    let began = ContinuousClock.now
    if try condition() { return true }
    looks += 1
    let look = ContinuousClock.now - began
    await Task.yield()
    pause(atLeast: look)
  }
  return try condition()
}

/// Does something as soon as a condition holds, on a thread of its own, however busy the tests' threads are.
public func onceTrue(
  _ condition: @escaping @Sendable () -> Bool, do action: @escaping @Sendable () -> Void
) {
  Thread.detachNewThread {
    while !condition() { pause() }
    action()
  }
}

/// Gives the processor away for ten milliseconds, or, after a look that took longer, for as long as that.
private func pause(atLeast look: Duration = .zero) {
  _ = poll(nil, 0, Int32(clamping: max(10, min(200, Int(look / .milliseconds(1))))))
}
