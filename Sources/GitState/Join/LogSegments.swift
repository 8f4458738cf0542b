/// How one host's lines are spread over files: `<host>.jsonl`, then `<host>.1.jsonl` and so on.
///
/// Writer and join share this rule, so a log that is joined has the files that its writer made.
enum LogSegments {
  /// The size after which a new file is begun, in bytes.
  static let maximumBytes = 64 * 1024

  /// True if a line goes into a file of `size` bytes and does not begin the next.
  static func fits(_ line: Int, after size: Int) -> Bool { size + line <= maximumBytes }

  /// The name of a host's file; the first has no number.
  static func name(_ host: String, _ number: Int) -> String {
    number == 0 ? "\(host).jsonl" : "\(host).\(number).jsonl"
  }

  /// Host and number of a file's name; nil if it is not the name of a log.
  static func parse(_ name: [UInt8]) -> (host: String, number: Int)? {
    guard Place.isLines(name) else { return nil }
    let stem = String(decoding: name.dropLast(Place.linesEnding.count), as: UTF8.self)
    guard let dot = stem.lastIndex(of: "."), dot != stem.startIndex,
      let number = Int(stem[stem.index(after: dot)...]), (1...9999).contains(number),
      stem.hasSuffix(".\(number)")
    else { return (stem, 0) }
    return (String(stem[..<dot]), number)
  }

  /// A file of a host: its bytes and the lines in it.
  struct File {
    var content: [UInt8] = []
    var lines: [LogLine] = []
  }

  /// The files for lines in order.
  static func split(_ lines: [LogLine]) -> [File] {
    var files: [File] = []
    var file = File()
    for line in lines {
      if !file.lines.isEmpty, !fits(line.bytes.count, after: file.content.count) {
        files.append(file)
        file = File()
      }
      file.content += line.bytes
      file.content.append(0x0A)
      file.lines.append(line)
    }
    if !file.lines.isEmpty { files.append(file) }
    return files
  }
}
