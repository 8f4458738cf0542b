internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A log on disk in at most two parts: when one is full, it becomes the older part and another is begun.
struct BoundedLog {
  private let path: String
  private let olderPath: String
  private let partBytes: Int
  private var descriptor: Int32
  private var size = 0
  /// Bytes that could not be written, as on a full disk.
  private(set) var lostBytes = 0

  /// Begins a log of parts of `partBytes` bytes; nil if the file cannot be made.
  init?(path: String, olderPath: String, partBytes: Int) {
    self.path = path
    self.olderPath = olderPath
    self.partBytes = partBytes
    descriptor = Self.begin(path)
    guard descriptor >= 0 else { return nil }
  }

  /// Stores bytes; a disk that cannot take them stops nobody.
  mutating func append(_ bytes: ArraySlice<UInt8>) {
    if size > 0, size + bytes.count > partBytes { rotate() }
    size += bytes.count
    if !RunFile.append(bytes, to: descriptor) { lostBytes += bytes.count }
  }

  func finish() { close(descriptor) }

  private mutating func rotate() {
    guard rename(path, olderPath) == 0 else { return }
    let next = Self.begin(path)
    guard next >= 0 else { return }
    close(descriptor)
    descriptor = next
    size = 0
  }

  private static func begin(_ path: String) -> Int32 {
    orch_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  }
}
