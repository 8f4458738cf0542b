internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

/// What lists of tasks show, from the index of the state's tip.
enum Overview {
  /// What is shown first, read from two files, and the state that it belongs to; nil if the index has to be
  /// brought up to date.
  private static func cachedFront(near folder: String) -> (front: TaskFront, tip: ObjectID)? {
    guard let location = RepositoryLocation(near: folder),
      let tip = location.reference(RefLayout.state),
      let front = TaskIndex.front(of: tip, in: location.commonDirectory, version: Version.text)
    else { return nil }
    return (front, tip)
  }

  /// What is shown first; throws `OpenError` or `StateError`.
  static func front(near folder: String) throws -> (front: TaskFront, tip: ObjectID) {
    if let cached = cachedFront(near: folder) { return cached }
    let repository = try Repository(at: folder)
    Session.mendState(in: repository)
    let index = try TaskIndex(in: repository, version: Version.text)
    return (index.front, index.state.tip)
  }

  /// The whole index with the repository that it belongs to; throws `OpenError` or `StateError`.
  static func read<Result>(
    near folder: String, _ body: (TaskIndex, borrowing Repository) throws -> Result
  ) throws -> Result {
    let repository = try Repository(at: folder)
    Session.mendState(in: repository)
    return try body(try TaskIndex(in: repository, version: Version.text), repository)
  }

  /// Tasks with everything that is known of them, as of the index's state.
  static func views(
    _ ids: some Sequence<String>, _ index: TaskIndex, in repository: borrowing Repository
  ) throws -> [TaskView] {
    var views: [TaskView] = []
    for id in ids.compactMap({ RecordID($0) }) {
      guard let record = try index.state.record(RecordKey(.tasks, id), in: repository) else {
        continue
      }
      views.append(TaskView(record))
    }
    return views
  }
}

/// `orch status` and `orch task list` as people and prompts type them most, without the command parser.
///
/// The parser costs more than the answer, also where a hundred tasks have changed. Whatever is not in this short
/// list of words, and every error, is left to it; the texts come from the same functions.
enum QuickLook {
  /// Prints the answer; false if nothing was printed.
  static func answer(_ words: [String]) -> Bool {
    var rest = words[...]
    guard let folder = folder(&rest) else { return false }
    switch Array(rest) {
    case ["status"]: return status(folder, brief: false)
    case ["status", "--brief"]: return status(folder, brief: true)
    case ["task", "list"]: return list(folder)
    default: return false
    }
  }

  /// Takes `-C DIR` from the end of the words.
  private static func folder(_ words: inout ArraySlice<String>) -> String? {
    guard words.dropLast().last == "-C", let folder = words.last, !folder.hasPrefix("-") else {
      return Session.currentFolder
    }
    words = words.dropLast(2)
    return folder
  }

  private static func status(_ folder: String, brief: Bool) -> Bool {
    guard let (front, tip) = try? Overview.front(near: folder) else { return false }
    Output.print(StatusCommand.text(front, tip, brief: brief))
    guard !brief else { return true }
    StatusCommand.tellOfRun(near: folder)
    ConfigurationNotice.say(near: folder)
    return true
  }

  private static func list(_ folder: String) -> Bool {
    guard let (front, _) = try? Overview.front(near: folder) else { return false }
    TaskListCommand.show(front.newest, total: front.total)
    return true
  }
}
