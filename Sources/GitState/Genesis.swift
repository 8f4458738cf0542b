internal import Git2
internal import JSON

/// The fixed beginning of every state: two machines that both start one share their first commit.
enum Genesis {
  /// The format of the state's tree that this version writes.
  static let format = 1

  /// The id of the tree without entries, the same in every repository.
  static let emptyTree: ObjectID = {
    guard let id = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904") else { return .zero }
    return id
  }()

  /// The date of the first commit, in seconds since 1970.
  static let seconds: Int64 = 1_577_836_800

  /// The first commit: empty tree, fixed identity, fixed date.
  static var commit: [UInt8] {
    let orch = Signature(name: "orch", email: "orch@localhost", seconds: seconds)
    return commitBytes(
      tree: emptyTree, parents: [], by: orch, message: "orch: the state of this repository\n")
  }

  /// The content of `meta/format.json`.
  static var formatFile: [UInt8] {
    let json: JSONValue = ["epoch": 0, "format": .number(format), "min_writer": .number(format)]
    return json.canonicalBytes + [0x0A]
  }

  /// The content of `README.md`: how to read the state without orch.
  static let readme = """
    # The state of orch in this repository

    Every commit of this branch is one thing that happened to a task. Read it with git alone:

        git log --no-merges refs/orchestrator                     the diary
        git log refs/orchestrator -- tasks/<aa>/<id>              one task's story
        git show refs/orchestrator:tasks/<aa>/<id>/task.json      what a task adds up to now
        git show refs/orchestrator:tasks/<aa>/<id>/log/<host>.jsonl   the facts, one JSON line each

    `<id>` is the task's twelve digits, `<aa>` its first two. The `log` files are the truth and are only
    ever appended to, each by one machine; `task.json` is derived from them. `spec` holds the versions of
    the specification, `attempts` the report and result of each attempt. Do not edit by hand: use `orch`.

    """

  /// The bytes of a commit object with one identity as author and committer.
  static func commitBytes(
    tree: ObjectID, parents: [ObjectID], by signature: Signature, message: String
  ) -> [UInt8] {
    var text = "tree \(tree)\n"
    for parent in parents { text += "parent \(parent)\n" }
    text += "author \(signature.headerText)\ncommitter \(signature.headerText)\n\n\(message)"
    return Array(text.utf8)
  }
}
