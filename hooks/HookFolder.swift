#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why a hook could not be put in place or taken away; what was there is as it was.
public enum HookError: Error, Sendable, Hashable {
  /// A file could not be read, written, linked or renamed.
  case file(path: String, operation: String, number: Int32)
  /// There is a hook that is not orch's, and another one that orch keeps for it.
  case twoHooks(path: String, kept: String)
  /// The hook is larger than any script.
  case tooLarge(path: String)
}

/// A folder of git hooks: puts orch's into it, before none and after those that were there, and takes them out.
public struct HookFolder: Sendable, Hashable {
  /// What the name of a hook that was there before gets.
  public static let keptSuffix = ".before-orch"
  /// The largest hook that is read, in bytes; larger ones are programs and are not looked into.
  static let maximumBytes = 1 << 20

  /// The absolute path.
  public let path: String

  /// The folder at a path; it need not exist yet.
  public init(path: String) { self.path = path }

  /// What stands in the place of a hook.
  public enum Standing: Sendable, Hashable {
    /// Nothing.
    case missing
    /// orch's, alone.
    case installed
    /// orch's, after the one that was there.
    case chained
    /// Another one, which calls orch itself: a person wrote it so.
    case calling
    /// Another one; orch's is not there.
    case foreign
    /// Another one, put there after orch's was: a hook manager may have been run again.
    case replaced
    /// It may not be executed, so that git passes over it.
    case notExecutable
  }

  /// The path of a hook.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  private func kept(_ name: String) -> String { file(name) + Self.keptSuffix }

  /// What stands in the place of a hook.
  public func standing(of name: String) -> Standing {
    guard let text = text(file(name)) else {
      return exists(file(name)) ? .foreign : .missing
    }
    guard Hooks.isOwn(text, name: name) else {
      if Hooks.calls(text, name: name) { return .calling }
      return exists(kept(name)) ? .replaced : .foreign
    }
    if access(file(name), X_OK) != 0 { return .notExecutable }
    return Hooks.isChain(text, name: name) ? .chained : .installed
  }

  /// Puts orch's hook in place; one that is there is kept and runs first; repeatable.
  public func install(_ name: String) throws(HookError) {
    guard let plain = Hooks.script(named: name) else { return }
    switch standing(of: name) {
    case .missing:
      // What was kept was taken away by its owner from the place where it stood.
      try write(plain, name)
    case .installed, .chained, .notExecutable:
      // Written anew: this version's text, and the right to be executed.
      try write(access(kept(name), X_OK) == 0 ? chain(name) : plain, name)
    case .foreign, .replaced: try chainForeign(name)
    case .calling: break
    }
  }

  /// Takes orch's hook away and puts back what was there; another one is left alone; repeatable.
  public func uninstall(_ name: String) throws(HookError) {
    guard let text = text(file(name)), Hooks.isOwn(text, name: name) else {
      // Another hook stands here: what orch kept of an older one is of no use beside the same.
      if exists(kept(name)), isSame(file(name), kept(name)) { unlink(kept(name)) }
      return
    }
    if exists(kept(name)) {
      guard rename(kept(name), file(name)) == 0 else { throw failure(file(name), "restore") }
    } else {
      guard unlink(file(name)) == 0 else { throw failure(file(name), "remove") }
    }
  }

  /// True if a hook that was there before orch's is kept.
  public func keepsAnother(_ name: String) -> Bool { exists(kept(name)) }

  private func chainForeign(_ name: String) throws(HookError) {
    // git passes over what may not be executed: it is no hook, and stays none.
    let isHook = access(file(name), X_OK) == 0
    if exists(kept(name)) {
      guard isSame(file(name), kept(name)) else {
        throw .twoHooks(path: file(name), kept: kept(name))
      }
    } else {
      // A second name first, then the new file over the old name: there is a whole hook at every moment.
      guard link(file(name), kept(name)) == 0 else { throw failure(kept(name), "create") }
    }
    guard let plain = Hooks.script(named: name) else { return }
    do throws(HookError) {
      try write(isHook ? chain(name) : plain, name)
    } catch {
      unlink(kept(name))
      throw error
    }
  }

  private func chain(_ name: String) -> String {
    let line = text(kept(name))?.prefix { $0 != "\n" && $0 != "\r\n" } ?? "#!program"
    return Hooks.chain(name, before: HookInterpreter(firstLine: String(line))) ?? ""
  }

  private func write(_ text: String, _ name: String) throws(HookError) {
    if mkdir(path, 0o777) != 0, errno != EEXIST { throw failure(path, "create") }
    let temporary = "\(file(name)).orch-\(getpid())"
    guard let stream = fopen(temporary, "we") else { throw failure(temporary, "create") }
    let bytes = Array(text.utf8)
    let count = fwrite(bytes, 1, bytes.count, stream)
    guard fclose(stream) == 0, count == bytes.count, chmod(temporary, 0o755) == 0,
      rename(temporary, file(name)) == 0
    else {
      let error = failure(file(name), "write")
      unlink(temporary)
      throw error
    }
  }

  private func failure(_ path: String, _ operation: String) -> HookError {
    .file(path: path, operation: operation, number: errno)
  }

  private func exists(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0
  }

  private func isSame(_ one: String, _ other: String) -> Bool {
    guard let first = bytes(one) else { return false }
    return first == bytes(other)
  }

  private func text(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  private func bytes(_ path: String) -> [UInt8]? {
    guard let stream = fopen(path, "re") else { return nil }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: Self.maximumBytes + 1)
    let count = fread(&bytes, 1, bytes.count, stream)
    guard ferror(stream) == 0, count <= Self.maximumBytes else { return nil }
    return Array(bytes[..<count])
  }
}
