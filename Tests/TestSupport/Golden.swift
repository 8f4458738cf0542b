import Foundation
public import Testing

/// Files that hold what a test expects; recorded anew only with ORCH_RECORD=1, and never in CI.
public enum Golden {
  /// Compares a text with the file `name` in the folder `Golden` beside the test.
  public static func expect(
    _ text: String, matches name: String, file: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
      .appendingPathComponent("Golden")
    let path = folder.appendingPathComponent(name)
    let environment = ProcessInfo.processInfo.environment
    if environment["ORCH_RECORD"] == "1", environment["CI"] == nil {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: path)
    }
    let expected = String(decoding: try Data(contentsOf: path), as: UTF8.self)
    #expect(
      text == expected, "differs from \(name); record it anew with ORCH_RECORD=1 if it is right",
      sourceLocation: sourceLocation)
  }
}
