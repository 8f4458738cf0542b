internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A pipe on which anybody can wake the orchestrator.
public enum Bell {
  /// Why it is rung.
  public enum Sound: UInt8, Sendable, CaseIterable {
    /// The state has changed.
    case change = 1
    /// Branches may have moved: the remote is to be looked at, too.
    case look = 2
    /// The orchestrator is to end; workers are asked to stop, and what they have is kept.
    case stop = 3
    /// The orchestrator is to end at once; workers go on.
    case leave = 4
    /// Something happened at the forge: it is to be asked now, for whatever it may be.
    case news = 5

    /// Of several at once, what is to be done; anybody may write to the pipe, and bytes that mean nothing are a
    /// change like another.
    public static func loudest(_ bytes: some Sequence<UInt8>) -> Sound {
      let heard = Set(bytes)
      return [.leave, .stop, .news, .look].first { heard.contains($0.rawValue) } ?? .change
    }
  }

  /// Writes one byte without waiting; nobody listening is no error.
  public static func ring(_ path: String?, _ sound: Sound = .change) {
    guard let path else { return }
    let descriptor = orch_open(path, O_WRONLY | O_NONBLOCK, 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // The path may have become a file that is no pipe: that would grow without end.
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFIFO else {
      return
    }
    var byte = sound.rawValue
    _ = write(descriptor, &byte, 1)
  }
}
