internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// While this lives, a worker is not charged with time: for commands that wait their turn.
///
/// It is a lock that the kernel gives up when its holder ends, so no crash can stop the clock for good.
public struct ClockHold: ~Copyable {
  private let descriptor: Int32

  /// Holds the clock of the run in `runDirectory`; nil if there is no such run.
  ///
  /// A worker's commands find the directory in their environment under `runDirectoryVariable`.
  public init?(runDirectory: String) {
    let file = RunDirectory(path: runDirectory).waiting
    let opened = orch_open(file, O_RDWR | O_CREAT, 0o600)
    guard opened >= 0 else { return nil }
    // Shared: several commands of one worker may wait at a time.
    _ = orch_flock_shared(opened, true)
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// The variable in which every process of an attempt finds its run directory.
  public static let runDirectoryVariable = ProcessTree.marker
}
