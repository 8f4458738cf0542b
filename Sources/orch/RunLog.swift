internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The file of what an orchestrator in the background says, in at most two parts.
struct RunLog: Sendable, Hashable {
  /// The largest part, in bytes.
  static let maximumBytes = 4 << 20
  /// How much of the end is shown when it ended too soon, in bytes.
  static let tailBytes = 4096

  /// The newest part.
  let path: String
  /// The part before it.
  var olderPath: String { path + ".1" }

  /// The log of a repository.
  init(_ commonDirectory: String) { path = commonDirectory + "/orch/run.log" }

  /// The size of the newest part, in bytes.
  var size: Int {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  /// Makes the newest part the older one if it is full; true if it did.
  @discardableResult
  func turn() -> Bool { size > Self.maximumBytes && rename(path, olderPath) == 0 }

  /// Keeps the standard outputs of this process, which go to the log, below the bound.
  func keepBounded() {
    guard turn() else { return }
    let next = orch_open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard next >= 0 else { return }
    dup2(next, 1)
    dup2(next, 2)
    close(next)
  }

  /// What was written from a place on, without its beginning if it is long.
  func text(from start: Int) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    let end = size
    fseek(file, max(start <= end ? start : 0, end - Self.tailBytes), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: Self.tailBytes)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
