#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Files that a person names on the command line.
enum TextFile {
  /// The largest file that is read, in bytes: what fits into the state.
  static let maximumBytes = 256 * 1024

  /// A file's text; `-` is standard input.
  static func read(_ path: String) throws -> String {
    guard let file = path == "-" ? fdopen(0, "r") : fopen(path, "r") else {
      throw CommandError("'\(path)' cannot be read: \(Errno.text(errno))")
    }
    defer { if path != "-" { fclose(file) } }
    var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw CommandError("'\(path)' cannot be read") }
    guard count <= maximumBytes else {
      throw CommandError(
        "'\(path)' is larger than \(maximumBytes / 1024) KB",
        hints: ["put it into the repository and name it in the body"])
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

extension TextFile {
  /// A text that was given as an argument; `-` is standard input.
  static func argument(_ text: String) throws -> String {
    text == "-" ? try read("-") : text
  }

  /// Writes a file that is not there yet.
  static func create(_ path: String, _ text: String) throws {
    guard let file = fopen(path, "wx") else {
      throw CommandError("'\(path)' cannot be written: \(Errno.text(errno))")
    }
    let bytes = Array(text.utf8)
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else {
      throw CommandError("'\(path)' could not be written whole: \(Errno.text(errno))")
    }
  }
}

extension TextFile {
  /// Adds to a file, making it if needed; nothing happens if that cannot be done.
  static func append(_ path: String, _ text: String) {
    guard let file = fopen(path, "ae") else { return }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}

extension TextFile {
  /// Standard input, at most so many bytes of it.
  static func input(limit: Int) -> String {
    guard let file = fdopen(0, "r") else { return "" }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while bytes.count < limit {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
