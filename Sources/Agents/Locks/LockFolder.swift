internal import CPlatform
internal import Folders
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The files of a lock's folder, which every worker may write to: whatever lies there, nobody waits for it but
/// for a ticket's flock, and nothing outside of the folder is opened or removed.
enum LockFolder {
  /// How long the short lock is waited for, in milliseconds: who counts tickets holds it for an instant.
  static let mutexMilliseconds: Int64 = 30_000
  /// The highest number that a ticket is believed to have.
  static let maximumNumber = 999_999_999_999
  private static let mutexName = "mutex"

  /// Makes the folder; a link or a file in its place is removed.
  ///
  /// Throws `AgentError.file`.
  static func make(_ folder: String) throws(AgentError) {
    if !Folder.isFolder(folder) { unlink(folder) }
    guard RunFile.makeFolders(folder) else { throw .file(path: folder, number: errno) }
  }

  /// Opens the folder itself, never one that a link leads to; throws `AgentError.file`.
  static func open(_ folder: String) throws(AgentError) -> Int32 {
    let descriptor = orch_open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { throw .file(path: folder, number: -descriptor) }
    return descriptor
  }

  /// Takes the short lock under which tickets are made and counted; `place` is the open `folder`.
  static func mutex(_ place: Int32, _ folder: String) throws(AgentError) -> Int32 {
    let path = "\(folder)/\(mutexName)"
    var descriptor = openPlain(mutexName, in: place, O_RDWR | O_CREAT)
    if descriptor < 0, clear(mutexName, in: place) {
      descriptor = openPlain(mutexName, in: place, O_RDWR | O_CREAT)
    }
    guard descriptor >= 0 else { throw .file(path: path, number: -descriptor) }
    let deadline = orch_monotonic_ms() + mutexMilliseconds
    while true {
      let status = orch_flock_exclusive(descriptor, false)
      if status == 0 { return descriptor }
      guard status == EWOULDBLOCK, orch_monotonic_ms() < deadline else {
        close(descriptor)
        throw .file(path: path, number: status == EWOULDBLOCK ? ETIMEDOUT : status)
      }
      poll(nil, 0, 2)
    }
  }

  /// Opens a plain file of an open folder without waiting; -errno, and -EINVAL for anything else.
  private static func openPlain(_ name: String, in place: Int32, _ flags: Int32) -> Int32 {
    let descriptor = orch_open_at(place, name, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { return descriptor }
    var information = stat()
    if fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG {
      return descriptor
    }
    close(descriptor)
    return -EINVAL
  }

  /// Removes what stands at a name; a folder is only given another name.
  private static func clear(_ name: String, in place: Int32) -> Bool {
    if unlinkat(place, name, 0) == 0 { return true }
    return renameat(place, name, place, "put-aside-\(wallMilliseconds())") == 0
  }

  /// The numbers of all tickets, sorted.
  static func tickets(_ folder: String) -> [Int] {
    Folder.names(in: folder).compactMap { entry in
      guard entry.hasPrefix("t"), let number = Int(entry.dropFirst()),
        (1...maximumNumber).contains(number), name(number) == entry
      else { return nil }
      return number
    }.sorted()
  }

  /// The numbers of the tickets whose process lives, and who had the others, which are removed.
  ///
  /// Call under the mutex; `place` is the open `folder`.
  static func sweep(_ place: Int32, _ folder: String) -> (living: [Int], gone: [LockHolder]) {
    var living: [Int] = []
    var gone: [LockHolder] = []
    for number in tickets(folder) {
      let descriptor = openPlain(name(number), in: place, O_RDONLY)
      guard descriptor >= 0 else {
        // What is no plain file was put there by somebody who has no place.
        _ = clear(name(number), in: place)
        continue
      }
      defer { close(descriptor) }
      if orch_flock_shared(descriptor, false) == EWOULDBLOCK {
        living.append(number)
      } else {
        if let holder = holder(number, folder) { gone.append(holder) }
        unlinkat(place, name(number), 0)
      }
    }
    return (living, gone)
  }

  /// What a ticket says; nil if it says nothing yet.
  static func holder(_ number: Int, _ folder: String) -> LockHolder? {
    RunFile.read("\(folder)/\(name(number))", following: false)
      .flatMap { try? JSONValue(parsing: $0) }.map(LockHolder.init(json:))
  }

  /// The file name of a ticket.
  static func name(_ number: Int) -> String {
    let digits = String(number)
    return "t" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }
}
