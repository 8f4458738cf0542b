internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Reads lines from a descriptor on a thread of its own.
struct InputReader: Sendable {
  /// The descriptor.
  let descriptor: Int32
  /// The longest line, in bytes; a longer one is passed over up to its end.
  let maximumLineBytes: Int
  /// Called for each line that is not empty, without its end; with nil for one that is too long.
  let line: @Sendable (ArraySlice<UInt8>?) -> Void

  /// Begins to read; `end` is called when there is nothing more.
  func start(end: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "orch.input").async {
      readAll()
      end()
    }
  }

  private func readAll() {
    var line: [UInt8] = []
    var isTooLong = false
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in buffer[..<count] {
        guard byte == UInt8(ascii: "\n") else {
          if line.count < maximumLineBytes { line.append(byte) } else { isTooLong = true }
          continue
        }
        give(line, isTooLong)
        line.removeAll(keepingCapacity: true)
        isTooLong = false
      }
    }
    give(line, isTooLong)
  }

  private func give(_ bytes: [UInt8], _ isTooLong: Bool) {
    if isTooLong { return line(nil) }
    let bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
    if !bytes.isEmpty { line(bytes) }
  }
}
