import Foundation
import TestSupport

/// A page of the manual, as its source has it.
struct ManualPage {
  /// A fenced block.
  struct Block {
    /// What stands behind the opening fence: the language, and why it is not run.
    let info: String
    /// The last heading above it.
    let heading: String
    /// Its lines.
    let text: String

    /// The reason why it cannot be run; nil if it is.
    var reason: String? {
      info.hasPrefix("sh unrun: ") ? String(info.dropFirst("sh unrun: ".count)) : nil
    }
  }

  /// The path below the sources.
  let path: String
  /// Its blocks, in their order.
  let blocks: [Block]

  /// Reads a page, as in `docs/recipes.md`.
  init(_ path: String) throws {
    self.path = path
    let text = try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/" + path, encoding: .utf8)
    var heading = ""
    var open: (info: String, lines: [String])?
    var blocks: [Block] = []
    for line in text.components(separatedBy: "\n") {
      let isFence = line.hasPrefix("```")
      if let block = open {
        if isFence {
          let text = block.lines.joined(separator: "\n") + "\n"
          blocks.append(Block(info: block.info, heading: heading, text: text))
          open = nil
        } else {
          open?.lines.append(line)
        }
      } else if isFence {
        open = (String(line.dropFirst(3)), [])
      } else if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " })
      }
    }
    self.blocks = blocks
  }

  /// Every page that people read.
  static func all() throws -> [ManualPage] {
    let docs = try FileManager.default.contentsOfDirectory(
      atPath: BuiltProgram.sourceRoot + "/docs"
    ).filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    return try (["README.md"] + docs).map { try ManualPage($0) }
  }
}
