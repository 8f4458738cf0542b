import Foundation
import TestSupport

/// Makes versions of a small tree at random: edits, renames, moved folders, deletions, modes, links,
/// submodules, binary files, CR LF, missing line ends, files that become folders.
struct HistoryGenerator {
  struct File: Hashable {
    var mode: String
    var data: String
  }

  typealias Tree = [String: File]

  var random: SeededRandom
  private var counter = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// A tree to begin with.
  mutating func tree() -> Tree {
    var tree: Tree = [:]
    for _ in 0..<Int.random(in: 3...14, using: &random) { tree[path()] = file() }
    return Self.withoutClashes(tree)
  }

  /// The tree after a few random operations.
  mutating func changed(_ tree: Tree, operations: ClosedRange<Int> = 1...4) -> Tree {
    var tree = tree
    for _ in 0..<Int.random(in: operations, using: &random) { change(&tree) }
    return Self.withoutClashes(tree)
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func path() -> String {
    let folders = ["", "", "src/", "src/core/", "src/core/deep/", "lib/", "lib/util/", "d ü/"]
    let names = ["a", "b.txt", "index", "main", "c-d", "zz", "b"]
    let folder = folders.randomElement(using: &random) ?? ""
    return folder + (names.randomElement(using: &random) ?? "a")
  }

  private mutating func file() -> File {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return File(mode: "120000", data: "target\(Int.random(in: 0..<4, using: &random))")
    case 1: return File(mode: "160000", data: submodule())
    case 2: return File(mode: "100644", data: "bin\0\(lines(4))")
    case 3: return File(mode: "100644", data: "")
    case 4: return File(mode: "100755", data: lines(12))
    case 5:
      return File(mode: "100644", data: lines(10).replacingOccurrences(of: "\n", with: "\r\n"))
    case 6: return File(mode: "100644", data: lines(30) + "no end")
    default: return File(mode: "100644", data: lines(Int.random(in: 1...40, using: &random)))
    }
  }

  private mutating func submodule() -> String {
    String(repeating: String(Int.random(in: 1...9, using: &random)), count: 40)
  }

  private mutating func line() -> String {
    // Few different lines, so that the same ones stand in many places.
    if chance(55) {
      return ["", "}", "{", "  return", "x", "end"].randomElement(using: &random) ?? ""
    }
    counter += 1
    return "line \(counter) \(Int.random(in: 0..<1000, using: &random))"
  }

  private mutating func lines(_ count: Int) -> String {
    (0..<count).map { _ in line() + "\n" }.joined()
  }

  private mutating func edited(_ text: String) -> String {
    let isReturn = text.contains("\r\n")
    var lines = text.replacingOccurrences(of: "\r\n", with: "\n")
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...max(0, lines.count - 1), using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: lines.insert(line(), at: place)
      case 1 where lines.count > 1: lines.remove(at: place)
      case 2: lines.insert(contentsOf: (0..<3).map { _ in line() }, at: place)
      default: if !lines.isEmpty { lines[place] = line() }
      }
    }
    // Versions of git differ in how a last line without its end counts for renames.
    if text.utf8.last == 0x0A, lines.last != "" { lines.append("") }
    return lines.joined(separator: isReturn ? "\r\n" : "\n")
  }

  private mutating func change(_ tree: inout Tree) {
    let files = tree.keys.sorted()
    guard let name = files.randomElement(using: &random), var file = tree[name] else {
      tree[path()] = self.file()
      return
    }
    switch Int.random(in: 0..<30, using: &random) {
    case 0..<12:
      switch file.mode {
      case "160000": file.data = submodule()
      case "120000": file.data = "target\(Int.random(in: 0..<9, using: &random))"
      default: file.data = edited(file.data)
      }
      tree[name] = file
    case 12..<16:
      tree[name] = nil
      if chance(50), !file.mode.hasPrefix("16") { file.data = edited(file.data) }
      // No file system takes a link to nothing.
      if file.mode == "120000", file.data.isEmpty { file.data = "target" }
      tree[path()] = file
    case 16..<18: moveFolder(of: name, in: &tree)
    case 18..<21: tree[name] = nil
    case 21..<26: tree[path()] = self.file()
    case 26:
      if file.mode.hasPrefix("100") {
        file.mode = file.mode == "100644" ? "100755" : "100644"
        tree[name] = file
      }
    case 27: tree[name] = self.file()
    case 28:
      tree[name] = nil
      tree[name + "/inner"] = self.file()
    default: tree[Self.parent(of: name)] = self.file()
    }
    tree[""] = nil
  }

  private mutating func moveFolder(of name: String, in tree: inout Tree) {
    guard let slash = name.lastIndex(of: "/") else { return }
    let folder = String(name[..<slash])
    let target =
      (["moved", "src/moved", "lib", "new/deep"].randomElement(using: &random) ?? "moved")
    // All are taken out first: the target may lie in the folder, and the order of a dictionary is another each time.
    let moved = tree.filter { $0.key.hasPrefix(folder + "/") }
    for path in moved.keys { tree[path] = nil }
    for (path, file) in moved { tree[target + path.dropFirst(folder.count)] = file }
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// Drops files whose path is also a folder.
  static func withoutClashes(_ tree: Tree) -> Tree {
    var result = tree
    for path in tree.keys {
      var parent = Self.parent(of: path)
      while !parent.isEmpty {
        result[parent] = nil
        parent = Self.parent(of: parent)
      }
    }
    return result
  }
}

extension HistoryGenerator {
  /// A commit for `git fast-import`; `from` is the parent's reference.
  static func importText(
    _ tree: Tree, reference: String, from parent: String?, merging other: String? = nil,
    message: String = "change"
  ) -> String {
    var text = "commit \(reference)\n"
    text += "committer Test <test@example.invalid> 1700000000 +0000\n"
    text += "data \(message.utf8.count)\n\(message)\n"
    if let parent { text += "from \(parent)\n" }
    if let other { text += "merge \(other)\n" }
    text += "deleteall\n"
    for (path, file) in tree.sorted(by: { $0.key < $1.key }) {
      if file.mode == "160000" {
        text += "M 160000 \(file.data) \(path)\n"
      } else {
        text += "M \(file.mode) inline \(path)\ndata \(file.data.utf8.count)\n\(file.data)\n"
      }
    }
    return text + "\n"
  }
}
