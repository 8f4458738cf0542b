import Git2
import TestSupport

@testable import GitState

/// Makes states at random, with much in common and all that a newer version, a careless hand or a copied
/// host can leave in them.
struct TreeGenerator {
  var random: SeededRandom
  private let hosts = ["aa-1111", "bb-2222", "cc-3333"]
  private let records = [
    "tasks/0a/0a0000000001", "tasks/0a/0a0000000002", "lessons/ff/ff0000000001",
    "jobs/0a/0a0000000001",
  ]

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Three states that began as one.
  mutating func triple() -> [TreeFixture] {
    let start = change(TreeFixture(), times: Int.random(in: 0...6, using: &random))
    return (0..<3).map { _ in change(start, times: Int.random(in: 0...6, using: &random)) }
  }

  private mutating func change(_ tree: TreeFixture, times: Int) -> TreeFixture {
    var tree = tree
    for _ in 0..<times { changeOnce(&tree) }
    return tree
  }

  private mutating func pick<Element>(_ from: [Element]) -> Element {
    from[Int.random(in: 0..<from.count, using: &random)]
  }

  private mutating func changeOnce(_ tree: inout TreeFixture) {
    let record = pick(records)
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<6: append(line(), to: "\(record)/log/\(logName())", &tree)
    case 6:
      append(
        pick(["not json", "{\"t\":1}", "[]", "\u{1F600}", "{\"v\":9}"]),
        to: "\(record)/log/\(logName())", &tree)
    case 7: append(line(), to: pick(["meta/log/\(logName())", "unknown/seal.jsonl"]), &tree)
    case 8: tree["meta/format.json"] = pick(formats)
    case 9: tree["\(record)/spec/\(pick(edgeNames))"] = pick(["one", "two", "three"])
    case 10: tree["\(pick(edgeNames))/\(pick(edgeNames))"] = pick(["one", "two"])
    case 11: tree[pick(edgeNames)] = pick(["one", "two"])
    case 12: tree["README.md"] = pick(["read me", "read me too"])
    case 13:
      let name = String(record.prefix { $0 != "/" }.dropLast()) + ".json"
      tree[record + "/" + name] = pick(snapshots)
    case 14:
      tree.files["\(record)/spec/tool"] = .init(
        mode: pick([0o100644, 0o100755, 0o120000]), bytes: [1])
    default:
      guard Int.random(in: 0..<12, using: &random) == 0 else { return }
      fill("\(record)/log/\(pick(hosts)).jsonl", &tree)
    }
    removeFilesThatAreFolders(&tree)
  }

  /// Both sort edges of git's order, names of lost conflicts, and names that clash with folders.
  private let edgeNames = [
    "a", "a.b", "a-b", "a0", "a~b", "log", "task.json", "x.jsonl", "a~dir",
    "a~5626abf0", "a~3b18e512",
  ]
  private let formats = [
    #"{"epoch":0,"format":1,"min_writer":1}"#, #"{"format":2,"new":"b"}"#,
    #"{"format": 2, "min_writer":3,"new":"a"}"#, "broken", #"{"format":"text"}"#,
    #"{"format":2.5}"#,
  ]
  private let snapshots = [
    "forged", #"{"fold":9,"events":3}"#, #"{"fold":9,"events":4}"#, #"{"fold":8}"#,
    #"{"fold":9,"events":4,"z":1}"#, #"{"fold":1}"#,
  ]

  private mutating func logName() -> String {
    pick(hosts) + pick(["", "", "", ".1", ".2", ".01", ".x"]) + ".jsonl"
  }

  private mutating func line() -> String {
    let time = pick([1, 2, 3, 1 << 40, (1 << 53) - 1, 1 << 53, -1])
    let number = Int.random(in: 1...4, using: &random)
    let operation = pick([
      #"{"o":"set","k":"a","v":1}"#, #"{"o":"hologram","k":"b"}"#, #"{"o":"add","k":"s","v":"x"}"#,
      #"{"g":1,"o":"state","r":2,"v":"routed"}"#,
    ])
    return
      #"{"h":"\#(pick(hosts))","k":"k","n":\#(number),"ops":[\#(operation)],"t":\#(time),"v":\#(pick([1, 7]))}"#
  }

  private func append(_ line: String, to path: String, _ tree: inout TreeFixture) {
    var text = tree[path] ?? ""
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    tree[path] = text + line + "\n"
  }

  /// Enough lines for a second file.
  private mutating func fill(_ path: String, _ tree: inout TreeFixture) {
    let host = path.split(separator: "/").last?.split(separator: ".").first ?? ""
    let first = Int.random(in: 1...3, using: &random)
    for number in first..<first + 3 {
      let text = String(repeating: pick(["x", "y"]), count: 14_000)
      append(
        #"{"h":"\#(host)","k":"k","msg":"\#(text)","n":\#(number),"t":\#(number)}"#, to: path, &tree
      )
    }
  }

  private func removeFilesThatAreFolders(_ tree: inout TreeFixture) {
    for path in tree.files.keys {
      var parts = path.split(separator: "/")
      while parts.count > 1 {
        parts.removeLast()
        tree.files.removeValue(forKey: parts.joined(separator: "/"))
      }
    }
  }
}
