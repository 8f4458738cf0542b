import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Trees as bytes` {
  let scratch = Scratch.current

  @Test func `entries are sorted as git sorts them, folders as if they ended in a slash`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let blob = try repository.write(Array("x".utf8), .blob)
    let folder = RawTree([.init(mode: RawTree.fileMode, name: "f", id: blob)])
    let folderID = try repository.write(folder.bytes, .tree)
    let names = ["a", "a.b", "a-b", "a0", "ab", "b", "B", "a b", "é", "a\nb"]
    var entries = names.map { RawTree.Entry(mode: RawTree.fileMode, name: $0, id: blob) }
    entries += ["aa", "foo", "a.d", "zz"].map {
      RawTree.Entry(mode: RawTree.treeMode, name: $0, id: folderID)
    }
    entries.append(.init(mode: RawTree.fileMode, name: "foo.txt", id: blob))
    entries.append(.init(mode: RawTree.fileMode, name: "foo-txt", id: blob))
    let mine = try repository.write(RawTree(entries.shuffled()).bytes, .tree)
    let input = entries.map {
      "\(String($0.mode, radix: 8)) \($0.isTree ? "tree" : "blob") \($0.id)\t\($0.text)\0"
    }.joined()
    let git = try scratch.git("mktree", "-z", in: "repo", input: input)
    #expect(mine.hex == git)
  }

  /// Names of one length, as in the state's folders, and of several; edits and look-ups against a model.
  @Test func `random edits leave what git would write, in folders of every kind`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let blob = try repository.write(Array("x".utf8), .blob)
    let folder = try repository.write(
      RawTree([.init(mode: RawTree.fileMode, name: "f", id: blob)]).bytes, .tree)
    for round in 0..<12 {
      let seed = TestSeed.next() &+ UInt64(round)
      var random = SeededRandom(seed: seed)
      var tree = RawTree()
      var model: [String: RawTree.Entry] = [:]
      for _ in 0..<300 {
        let digits = round % 3 == 0 ? Int.random(in: 1...3, using: &random) : 3
        let name = String(
          (0..<digits).compactMap { _ in
            "0a-./"
              .filter { $0 != "/" }.randomElement(using: &random)
          })
        guard name != ".", name != ".." else { continue }
        if Int.random(in: 0..<4, using: &random) == 0 {
          tree.remove(name)
          model[name] = nil
        } else {
          let isTree = round % 2 == 0 && Bool.random(using: &random)
          let entry = RawTree.Entry(
            mode: isTree ? RawTree.treeMode : RawTree.fileMode, name: name,
            id: isTree ? folder : blob)
          tree.set(entry)
          model[name] = entry
        }
        #expect(tree[name] == model[name], "seed \(seed)")
      }
      let again = try RawTree(bytes: tree.bytes)
      for text in ["000", "aaa", "0", "zzz", ""] + model.keys {
        #expect(again[text] == model[text], "seed \(seed)")
      }
      let input = model.values.map {
        "\(String($0.mode, radix: 8)) \($0.isTree ? "tree" : "blob") \($0.id)\t\($0.text)\0"
      }.joined()
      let git = try scratch.git("mktree", "-z", in: "repo", input: input)
      #expect(try repository.write(tree.bytes, .tree).hex == git, "seed \(seed)")
    }
  }

  @Test func `a folder that is not sorted is still searched whole`() throws {
    let id = try #require(ObjectID(hex: String(repeating: "1", count: 40)))
    let parts = ["ccc", "aaa", "bbb"].map { name in
      RawTree([.init(mode: RawTree.fileMode, name: name, id: id)]).bytes
    }
    let tree = try RawTree(bytes: Array(parts.joined()))
    for name in ["ccc", "aaa", "bbb"] { #expect(tree[name]?.id == id) }
  }

  @Test func `setting replaces, also where a file becomes a folder`() throws {
    let one = try #require(ObjectID(hex: String(repeating: "1", count: 40)))
    let two = try #require(ObjectID(hex: String(repeating: "2", count: 40)))
    var tree = RawTree([.init(mode: RawTree.fileMode, name: "a", id: one)])
    tree.set(.init(mode: RawTree.treeMode, name: "a", id: two))
    #expect(tree.entries == [.init(mode: RawTree.treeMode, name: "a", id: two)])
    tree.remove("a")
    #expect(tree.isEmpty)
    tree.remove("a")
    #expect(tree["a"] == nil)
  }

  @Test(arguments: [
    "100644 a", "100644 a\0short", "9 a\0aaaaaaaaaaaaaaaaaaaa", " \0aaaaaaaaaaaaaaaaaaaa", "x",
    "100644 \0aaaaaaaaaaaaaaaaaaaa",
  ])
  func `bytes that are not a tree are refused`(text: String) {
    #expect(throws: GitError.self) { try RawTree(bytes: Array(text.utf8)) }
  }
}
