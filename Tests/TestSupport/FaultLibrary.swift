import Foundation

/// A library that, preloaded into a program, kills it at its Nth step that changes a file, or lets the disk be full.
public struct FaultLibrary: Sendable {
  /// The variables of a faulty run.
  public let environment: [String: String]
  private let mark: String

  /// Compiles the library into the scratch directory; nil where there is no C compiler or no preloading.
  public init?(in scratch: Scratch) throws {
    #if os(Linux)
      let source = BuiltProgram.sourceRoot + "/Tests/Faults/kill-at.c"
      let library = scratch["faults.so"]
      mark = scratch["killed"]
      for compiler in ["cc", "clang", "gcc"] {
        let made = try scratch.run(
          [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        if made.exitCode == 0 {
          try FileManager.default.createDirectory(
            atPath: scratch["power-cut"], withIntermediateDirectories: true)
          environment = [
            "LD_PRELOAD": library, "KILL_KEPT": scratch["power-cut"], "KILL_MARK": mark,
          ]
          return
        }
      }
    #endif
    return nil
  }

  /// True if a program was killed since this was asked the last time; one that was started by another may be.
  public func hasKilled() -> Bool {
    (try? FileManager.default.removeItem(atPath: mark)) != nil
  }

  /// The variables of a run that is killed at a step below a folder; `torn` does only half of that step.
  public func killing(at step: Int, below folder: String, torn: Bool) -> [String: String] {
    environment.merging([
      "KILL_AT": String(step), "KILL_BELOW": folder, "KILL_TORN": torn ? "1" : "0",
    ]) { $1 }
  }

  /// The variables of a run that ends with a power cut, at a step below a folder or else at its own end: what it wrote
  /// there and did not flush is gone, and so are the names that it gave or took in folders that it did not flush.
  public func cuttingPower(at step: Int? = nil, below folder: String) -> [String: String] {
    environment.merging([
      "KILL_AT": String(step ?? 0), "KILL_BELOW": folder, "KILL_POWER": "1",
    ]) { $1 }
  }

  /// The variables of a run for which the disk is full from a step on.
  public func fillingDisk(at step: Int, below folder: String) -> [String: String] {
    environment.merging(["NO_SPACE_AT": String(step), "KILL_BELOW": folder]) { $1 }
  }
}
