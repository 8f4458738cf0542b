#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A growing file.
enum FileTail {
  /// Copies a file from a position to standard output; returns the new position.
  static func print(_ path: String, from position: Int) -> Int {
    guard let file = fopen(path, "r") else { return position }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    // The log is begun anew when it is large: then everything in it is new.
    var start = ftell(file) < position ? 0 : position
    fseek(file, start, SEEK_SET)
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return start }
      start += count
      Output.pass(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}
