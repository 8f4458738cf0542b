internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An agent's output on disk, bounded, and cut into lines for its parser.
struct OutputLog {
  /// The size in bytes at which the log is begun anew; one older part is kept.
  static let maximumLogBytes = 16 << 20
  /// The longest line that a parser sees, in bytes; the rest of a longer one is passed over.
  static let maximumLineBytes = 8 << 20

  private let path: String
  private var descriptor: Int32
  private var size = 0
  private var line: [UInt8] = []
  private var isOverlong = false
  /// All bytes so far.
  private(set) var total = 0

  init?(path: String) {
    self.path = path
    descriptor = orch_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return nil }
  }

  /// Stores bytes and gives each finished line to the parser.
  mutating func take(_ bytes: ArraySlice<UInt8>, _ parser: inout any TranscriptParser) {
    total += bytes.count
    if size + bytes.count > Self.maximumLogBytes { rotate() }
    size += bytes.count
    _ = RunFile.append(bytes, to: descriptor)
    var rest = bytes
    while let end = rest.firstIndex(of: 0x0A) {
      extend(rest[..<end])
      finishLine(&parser)
      rest = rest[(end + 1)...]
    }
    extend(rest)
  }

  /// Gives an unfinished last line to the parser and closes the file.
  mutating func finish(_ parser: inout any TranscriptParser) {
    finishLine(&parser)
    close(descriptor)
  }

  private mutating func extend(_ bytes: ArraySlice<UInt8>) {
    if line.count + bytes.count > Self.maximumLineBytes { isOverlong = true }
    if !isOverlong { line.append(contentsOf: bytes) }
  }

  private mutating func finishLine(_ parser: inout any TranscriptParser) {
    if !line.isEmpty, !isOverlong { parser.consume(line: line) }
    line.removeAll(keepingCapacity: line.capacity < 1 << 16)
    isOverlong = false
  }

  private mutating func rotate() {
    close(descriptor)
    rename(path, path + ".1")
    descriptor = orch_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    size = 0
  }
}
