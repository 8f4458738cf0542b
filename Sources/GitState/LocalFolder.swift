internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder `orch/` under the git common directory: locks, cache, host id, run directories.
///
/// Nothing in it is truth; without it, only running workers and the host's name are forgotten.
public struct LocalFolder: Sendable, Hashable {
  /// The largest file that is read here, in bytes.
  static let maximumFileBytes = 1 << 20

  /// The absolute path.
  public let path: String

  /// The repository's directory that its worktrees share.
  public var commonDirectory: String { String(path.dropLast("/orch".count)) }

  /// Makes the folder and its parts if they are missing; throws `StateError.file`.
  public init(commonDirectory: String) throws(StateError) {
    path = commonDirectory + "/orch"
    for part in ["", "/locks", "/cache", "/run"] { try Self.makeDirectory(path + part) }
  }

  /// The lock of the state's writers.
  public var writerLock: String { path + "/lock" }
  /// The lock of the one orchestrator that may run.
  public var runLock: String { path + "/run.lock" }
  /// Where each task with attempts of this machine has a folder.
  public var runs: String { path + "/run" }
  /// Where an attempt's supervisor and orchestrator meet.
  public func runDirectory(task: String, token: Int) -> String { "\(runs)/\(task)/\(token)" }

  /// A file's bytes; nil if it is missing, unreadable or too large.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while result.count <= maximumFileBytes {
      let count = systemRead(descriptor, &buffer)
      if count == 0 { return result }
      guard count > 0 else { return nil }
      result.append(contentsOf: buffer[..<count])
    }
    return nil
  }

  /// Writes a file beside and renames it, so that readers see the old or the new one.
  static func replace(_ path: String, with bytes: [UInt8]) throws(StateError) {
    let temporary = path + ".tmp\(getpid())"
    let descriptor = orch_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else {
      throw .file(path: temporary, operation: "create", number: -descriptor)
    }
    let written = bytes.withUnsafeBytes { systemWrite(descriptor, $0) }
    let synced = orch_sync_data(descriptor)
    close(descriptor)
    guard written == bytes.count, synced == 0, rename(temporary, path) == 0 else {
      let number = written == bytes.count ? errno : ENOSPC
      unlink(temporary)
      throw .file(path: path, operation: "write", number: number)
    }
  }

  /// Makes a folder unless it is there.
  static func makeDirectory(_ path: String) throws(StateError) {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw .file(path: path, operation: "create", number: errno)
  }
}

private func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
  buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
