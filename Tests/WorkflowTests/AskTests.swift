import TestSupport
import Testing

@testable import Workflow

@Suite(.scratch) struct `What commits ask for` {
  private func commit(_ message: String, at time: Int = 1000) -> AskingCommit {
    AskingCommit(
      id: "0123456789abcdef", message: message, author: "Ann <ann@example.invalid>",
      authoredAt: time)
  }

  private func titles(_ message: String) -> [String] {
    AskTrailer.asks(in: commit(message), source: .commit).map(\.title)
  }

  @Test(arguments: [
    ("Fix\n\nOrch-Task: Look at this\n", ["Look at this"]),
    ("Fix\n\nbody\n\norch-task:   Two   words  \nSigned-off-by: Ann\n", ["Two words"]),
    ("Fix\n\nOrch-Task: one\nOrch-Task: two\nOrch-Task: ONE\n", ["one", "two"]),
    ("Fix\n\nOrch-Task: a long\n  title\n", ["a long title"]),
    ("Orch-Task: only a subject\n", []),
    ("Fix\n\nOrch-Task: in the middle\n\nThe end.\n", []),
    ("Fix\n\nThis is prose: with a colon\nOrch-Task: not a block of trailers\n", []),
    ("Fix\n\nOrch-Task: a3b2c4d5e6f7\nOrch-Task: a3b2c4\n", []),
    ("Fix\n\nOrch-Task: \nOrch-Task: --\n", []),
    ("Fix\r\n\r\nOrch-Task: from Windows\r\n", ["from Windows"]),
    ("", []), ("\n\n\n", []),
  ])
  func `trailers of the last paragraph ask`(message: String, wanted: [String]) {
    #expect(titles(message) == wanted)
  }

  @Test func `ten trailers are ten tasks, a hundred are the first twenty`() {
    let lines = (1...100).map { "Orch-Task: number \($0)\n" }
    #expect(titles("Fix\n\n" + lines.prefix(10).joined()).count == 10)
    #expect(titles("Fix\n\n" + lines.joined()).count == AskTrailer.maximumPerCommit)
  }

  @Test func `a title of ten kilobytes is cut, and stands whole in the body`() {
    let long = String(repeating: "word ", count: 2048).dropLast()
    let ask = AskTrailer.asks(in: commit("Fix\n\nOrch-Task: \(long)\n"), source: .commit)[0]
    #expect(ask.title.count == Ask.maximumTitleLength)
    #expect(ask.body.contains(long))
    let huge = String(repeating: "é", count: 20_000)
    let cut = AskTrailer.asks(in: commit("Fix\n\nOrch-Task: \(huge)\n"), source: .commit)[0]
    #expect(cut.body.utf8.count <= Ask.maximumBodyBytes + 10 && cut.body.hasSuffix("[cut]"))
  }

  @Test(arguments: [0, 1, 2] as [UInt64])
  func `what counts as a trailer is what git says`(run: UInt64) throws {
    let seed = TestSeed.next() &+ run
    var random = SeededRandom(seed: seed)
    let pieces = [
      "Orch-Task: a\n", "orch-task:b\n", "Orch-Task : c\n", "Signed-off-by: Ann\n", "prose\n",
      "prose: x y\n", "\n", " continued\n", "Orch-Task: d\n", "Other-Key: v\n", "\tmore\n",
      "(cherry picked from commit 0123)\n", "no colon here\n", "a b: c\n", "Orch-Task:\n",
    ]
    for _ in 0..<40 {
      let count = Int.random(in: 0...8, using: &random)
      let message =
        "Subject\n\n" + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let parsed = try Scratch.current.git(
        "interpret-trailers", "--parse", "--no-divider", input: message)
      let wanted = parsed.split(separator: "\n").compactMap { line -> String? in
        guard line.lowercased().hasPrefix("orch-task:") else { return nil }
        return Ask.words(line.dropFirst("orch-task:".count))
      }
      let found = AskTrailer.values(in: message).map { Ask.words($0) }
      #expect(found == wanted, "seed \(seed): \(message.debugDescription)")
    }
  }

  @Test func `marks are found in the comments of all languages`() {
    let text = """
      // TODO(orch): first
      code() /* TODO(orch): second */
      # TODO(orch):   third
      <!-- TODO(orch): fourth -->
      say `TODO(orch): quoted` and "TODO(orch): too"
      xTODO(orch): part of a word
      // TODO(orch):
      // TODO(orch): --
      -- TODO(orch): fifth
      """
    let marks = AskMark.all(in: Array(text.utf8), path: "a/b.c")
    #expect(marks.map(\.text) == ["first", "second", "third", "fourth", "fifth"])
    #expect(marks.map(\.line) == [1, 2, 3, 4, 9])
    #expect(AskMark.all(in: Array("TODO(orch): x\0".utf8), path: "binary") == [])
    #expect(AskMark.all(in: Array("TODO(orch):".utf8), path: "end") == [])
  }

  @Test func `a mark that moved asks nothing, one that is there twice asks once more`() {
    let mark = { (text: String, path: String) in AskMark(text: text, path: path, line: 1) }
    func titles(_ added: [AskMark], _ removed: [AskMark]) -> [String] {
      AskMark.asks(added: added, removed: removed, in: commit("x"), source: .commit).map(\.title)
    }
    #expect(titles([mark("x", "a")], []) == ["x"])
    #expect(titles([mark("x", "b")], [mark("X", "a")]) == [])
    #expect(titles([mark("x", "a"), mark("x", "b")], [mark("x", "a")]) == ["x"])
    #expect(titles([mark("x", "a"), mark("x", "a")], []) == ["x"])
    #expect(titles([mark("x", "a"), mark("X", "b")], []) == ["x"])
    #expect(mark("Do  it", "src/a.c").identity == mark("do it", "lib/b.c").identity)
    let places = (1...12).map { AskMark(text: "x", path: "f\($0)", line: $0) }
    let body = AskMark.asks(added: places, removed: [], in: commit("x"), source: .commit)[0].body
    #expect(body.contains("- f10 line 10\n- and 2 more") && !body.contains("f11"))
  }

  @Test func `an inbox item is its first line and the rest`() {
    var item = InboxItem(
      name: "x", object: "abc", kind: .blob, text: "\n\n Fix  this\n\nbecause\u{7}\n\n", author: "")
    let ask = item.asks(authoredAt: 0)
    #expect(ask.map(\.title) == ["Fix this"])
    #expect(ask[0].body == "because\n\nFiled through the inbox as 'x'.")
    item.text = " \n--\n"
    #expect(item.asks(authoredAt: 0) == [])
    item.kind = .commit
    item.text = "Subject\n\nOrch-Task: asked\n"
    #expect(item.asks(authoredAt: 0).map(\.title) == ["asked"])
    #expect(item.asks(authoredAt: 0).allSatisfy { !$0.source.isTrusted })
  }

  @Test func `what hides in a text is taken out of titles`() {
    #expect(Ask.words("a\u{202E}b\u{0}c\u{200B}d\n e") == "a b c d e")
  }
}
