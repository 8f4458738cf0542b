internal import Agents
internal import Folders
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder `.orchestrator/` in a worktree: the whole protocol between orch and a worker.
struct ProtocolFolder {
  let path: String

  /// Makes the folder, and removes the result that an earlier attempt left.
  func clear(_ outputFile: String) throws {
    try make(path)
    try make(path + "/inbox")
    try make(path + "/outbox")
    if unlink(outputFile) != 0, errno != ENOENT { try putAside(outputFile) }
  }

  /// Renames a folder that a worker made in the place of its result.
  private func putAside(_ path: String) throws {
    var number = 1
    while rename(path, "\(path).\(number)") != 0 {
      let reason = errno
      guard reason == ENOTEMPTY || reason == EEXIST || reason == ENOTDIR else {
        throw AgentError.file(path: path, number: reason)
      }
      number += 1
    }
  }

  /// Writes the task, the prompt's files, and the prompt itself.
  func write(_ files: [String: String], prompt: String, task: JSONValue) throws {
    try put("task.json", task.indentedText + "\n", mode: 0o644)
    try put("context.md", prompt, mode: 0o644)
    for (name, text) in files where !name.contains("/") { try put(name, text, mode: 0o644) }
  }

  /// Writes one file that is whole when it can be seen.
  func add(_ name: String, _ text: String) throws {
    try put(name + ".new", text, mode: 0o644)
    guard rename("\(path)/\(name).new", "\(path)/\(name)") == 0 else {
      throw AgentError.file(path: "\(path)/\(name)", number: errno)
    }
  }

  /// Removes the messages of an earlier attempt, and what it put beside them.
  func clearMessages() {
    for folder in ["inbox", "outbox"] {
      for name in Folder.names(in: "\(path)/\(folder)") { remove("\(folder)/\(name)") }
    }
    for name in Folder.names(in: path) where name.hasPrefix(MessageFolder.askingPrefix) {
      remove(name)
    }
  }

  /// Writes executable scripts.
  func writeScripts(_ scripts: [String: String]) throws {
    try make(path)
    for (name, text) in scripts { try put(name, text, mode: 0o755) }
  }

  /// Removes a file, if it is there.
  func remove(_ name: String) { unlink("\(path)/\(name)") }

  /// True for a plain file.
  func has(_ name: String) -> Bool {
    var information = stat()
    return lstat("\(path)/\(name)", &information) == 0
      && information.st_mode & S_IFMT == S_IFREG
  }

  /// A file's text; nil if it is missing or no plain file.
  func read(_ name: String) -> String? {
    var information = stat()
    guard lstat(path + "/" + name, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      information.st_size < 1 << 20, let file = fopen(path + "/" + name, "r")
    else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func put(_ name: String, _ text: String, mode: mode_t) throws {
    let file = path + "/" + name
    // A worker may have left a link here: what it names must not be written to.
    unlink(file)
    guard let stream = fopen(file, "wx") else { throw AgentError.file(path: file, number: errno) }
    let bytes = Array(text.utf8)
    let count = fwrite(bytes, 1, bytes.count, stream)
    let isClosed = fclose(stream) == 0
    guard count == bytes.count, isClosed, chmod(file, mode) == 0 else {
      throw AgentError.file(path: file, number: errno)
    }
  }

  private func make(_ folder: String) throws {
    guard mkdir(folder, 0o755) != 0, errno != EEXIST else { return }
    throw AgentError.file(path: folder, number: errno)
  }
}
