internal import Folders
internal import Git2

/// References whose files hold none, as a power cut leaves them where a file's name reaches the disk before its bytes.
///
/// git and libgit2 fail on such a file whatever they were asked for, so that nothing could be synced any more; and a
/// remote whose tracking reference cannot be read looks like one that was never synced with.
extension StateRecovery {
  /// Below it stands everything that is orch's, but the notes.
  private static let folder = "refs/orch"
  /// As many bytes of a reference's file say what it is; git writes 41.
  private static let maximumBytes = 4096

  /// True if there is an empty file in the place of a reference, which is what a look at names and sizes can show.
  static func hasEmptyReference(in commonDirectory: String) -> Bool {
    files(in: commonDirectory).contains { FileBox.size("\(commonDirectory)/\($0)") == 0 }
  }

  /// Puts files aside that hold no reference; the newest value that the reference's log knows takes its place.
  mutating func mendTornReferences(in repository: borrowing Repository) throws(StateError) {
    for name in Self.files(in: commonDirectory)
    where Self.isTorn("\(commonDirectory)/\(name)") {
      let value = value(ofTorn: name, in: repository)
      let rest: String
      if let value {
        rest = "\(value.short()) takes its place"
      } else if name.hasPrefix(RefLayout.tracking) {
        rest = "the next sync asks the remote for it"
      } else {
        rest = "its log knows no other value"
      }
      if isMending { try replace(name, by: value, in: repository) }
      add(
        "the file '\(commonDirectory)/\(name)' holds no reference",
        "kept in orch/broken; \(rest)", isMended: isMending)
    }
  }

  /// The names of references with files of their own, apart from the state, which has a guard of its own.
  private static func files(in commonDirectory: String) -> [String] {
    var found: [String] = [RefLayout.notes].filter { FileBox.exists("\(commonDirectory)/\($0)") }
    var folders = [folder]
    while let folder = folders.popLast() {
      for name in Folder.names(in: "\(commonDirectory)/\(folder)") {
        let path = "\(folder)/\(name)"
        if Folder.isFolder("\(commonDirectory)/\(path)") {
          folders.append(path)
        } else if path != RefLayout.state, !name.hasSuffix(".lock") {
          found.append(path)
        }
      }
    }
    return found
  }

  /// True for a file that begins neither with an object's name nor with that of another reference.
  private static func isTorn(_ path: String) -> Bool {
    guard let size = FileBox.size(path) else { return false }
    guard size > 0 else { return true }
    guard size <= maximumBytes, let text = FileBox.text(path) else { return false }
    return !text.hasPrefix("ref:") && ObjectID(hex: String(text.prefix(40))) == nil
  }

  /// What to put in the place of a torn reference; nil if it is to be gone.
  private func value(ofTorn name: String, in repository: borrowing Repository) -> ObjectID? {
    if let id = logged(name).first(where: { repository.contains($0) }) { return id }
    // That there was a remote's state says that the work is shared: what all states begin with stands for it.
    guard name.hasPrefix(RefLayout.tracking), name.hasSuffix(RefLayout.state.dropFirst(4)) else {
      return nil
    }
    let first = try? Repository.id(of: Genesis.commit, .commit)
    return first.flatMap { repository.contains($0) ? $0 : nil }
  }

  private func replace(
    _ name: String, by value: ObjectID?, in repository: borrowing Repository
  ) throws(StateError) {
    FileBox.setAside("\(commonDirectory)/\(name)", in: commonDirectory + "/orch/broken")
    do throws(GitError) {
      // An older value may be packed.
      let packed = try repository.reference(name)
      guard let value, value != packed else { return }
      try repository.setReference(name, to: value, expecting: packed, log: "orch: recovery")
    } catch {
      throw .git(error)
    }
  }
}
