#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A growing file.
enum FileTail {
  /// The longest line that is looked for, in bytes.
  private static let maximumLineBytes = 16 * 1024

  /// The last line of a file of text; nil if there is none, or it is longer than any.
  static func lastLine(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    let start = max(0, size - maximumLineBytes)
    fseek(file, start, SEEK_SET)
    var buffer = [UInt8](repeating: 0, count: maximumLineBytes)
    let count = fread(&buffer, 1, buffer.count, file)
    let lines = buffer[..<count].split(separator: UInt8(ascii: "\n"))
    guard let last = lines.last, start == 0 || lines.count > 1 else { return nil }
    return String(decoding: last, as: UTF8.self)
  }

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
