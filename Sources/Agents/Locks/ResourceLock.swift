internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A named lock that several processes of a machine take in the order in which they came.
///
/// A folder of tickets: each waiter holds a flock on a file of its own, whose number says when it came.
/// Who is among the first `capacity` living tickets holds the lock. The kernel gives up the flock of a
/// process that dies, so that no crash can hold a place.
public struct ResourceLock: Sendable, Hashable {
  /// The longest name, in bytes.
  public static let maximumNameLength = 64
  /// The variable that names the locks, with commas between, that a process runs under already.
  public static let heldVariable = "ORCH_LOCKS_HELD"
  /// How often a waiter looks whether it is its turn, in milliseconds: it is woken when a ticket is given
  /// back, and looks for tickets of killed processes besides.
  static let lookMilliseconds: Int32 = 50

  /// Its name.
  public let name: String
  /// How many may hold it at once.
  public let capacity: Int
  let folder: String

  /// A lock whose tickets lie in a folder below `root`; nil for a name that is no file's name.
  public init?(_ name: String, capacity: Int = 1, in root: String) {
    guard Self.isName(name) else { return nil }
    self.name = name
    self.capacity = max(1, capacity)
    folder = "\(root)/\(name)"
  }

  /// True for letters, digits, `.`, `_` and `-`, with a letter or a digit first.
  public static func isName(_ name: String) -> Bool {
    guard let first = name.first, first.isASCII, first.isLetter || first.isNumber else {
      return false
    }
    return name.utf8.count <= maximumNameLength
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }

  /// The names of the locks that were ever taken, sorted.
  public static func names(in root: String) -> [String] {
    LockFolder.entries(root).filter { isName($0) && LockFolder.isFolder("\(root)/\($0)") }.sorted()
  }

  /// Takes a place in the queue; throws `AgentError.file`.
  public func enqueue(_ holder: LockHolder) throws(AgentError) -> LockTicket {
    guard RunFile.makeFolders(folder) else { throw .file(path: folder, number: errno) }
    let mutex = try LockFolder.mutex(folder)
    defer { close(mutex) }
    let number = (LockFolder.tickets(folder).last ?? 0) + 1
    let path = "\(folder)/\(LockFolder.name(number))"
    let descriptor = orch_open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw .file(path: path, number: -descriptor) }
    let status = orch_flock_exclusive(descriptor, false)
    guard status == 0 else {
      close(descriptor)
      throw .file(path: path, number: status)
    }
    let ticket = LockTicket(lock: self, number: number, path: path, descriptor: descriptor)
    ticket.write(holder)
    return ticket
  }

  /// Waits for the lock until it is held, `isOver` says so, or `milliseconds` have passed.
  ///
  /// Returns nil if it was not had. `onWait` hears the place in the queue when it changes, from 1.
  /// Throws `AgentError.file`.
  public func take(
    _ holder: LockHolder, milliseconds: Int64? = nil, isOver: () -> Bool = { false },
    onWait: (Int) -> Void = { _ in }
  ) throws(AgentError) -> LockTicket? {
    let ticket = try enqueue(holder)
    let deadline = milliseconds.map { orch_monotonic_ms() + $0 }
    var last = 0
    var removals: Int32 = -1
    defer { if removals >= 0 { close(removals) } }
    while true {
      let ahead = try ticket.livingAhead()
      if ahead < capacity {
        var holder = holder
        holder.heldSince = wallMilliseconds()
        ticket.write(holder)
        return ticket
      }
      if ahead != last { onWait(ahead - capacity + 1) }
      last = ahead
      if isOver() { return nil }
      if let deadline, orch_monotonic_ms() >= deadline { return nil }
      if removals < 0 {
        removals = orch_watch_removals(folder)
        // What was given back before the watch began is seen by another look.
        if removals >= 0 { continue }
      }
      Self.sleep(until: removals)
    }
  }

  /// Sleeps for the time between two looks, or until a descriptor can be read; a negative one never can.
  private static func sleep(until descriptor: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, lookMilliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while systemRead(descriptor, &buffer) > 0 {}
  }

  /// Who holds it and who waits, in order; places of dead processes are taken out first.
  public func queue() throws(AgentError) -> [LockPlace] {
    guard RunFile.exists(folder) else { return [] }
    let mutex = try LockFolder.mutex(folder)
    defer { close(mutex) }
    return LockFolder.living(folder).enumerated().map { index, number in
      let json = RunFile.json("\(folder)/\(LockFolder.name(number))")
      return LockPlace(
        holder: json.map(LockHolder.init(json:)) ?? LockHolder(command: "?"),
        isHeld: index < capacity)
    }
  }
}

/// A place in a lock's queue, kept until this value ends.
public struct LockTicket: ~Copyable {
  let lock: ResourceLock
  let number: Int
  let path: String
  let descriptor: Int32

  /// The number of living tickets before this one.
  func livingAhead() throws(AgentError) -> Int {
    let mutex = try LockFolder.mutex(lock.folder)
    defer { close(mutex) }
    return LockFolder.living(lock.folder).count { $0 < number }
  }

  func write(_ holder: LockHolder) {
    let bytes = holder.json.canonicalBytes
    ftruncate(descriptor, 0)
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  /// Gives the place up; where this stands, the lock is still held.
  public consuming func release() {}

  deinit {
    unlink(path)
    close(descriptor)
  }
}

/// The files of a lock's folder.
enum LockFolder {
  /// Takes the short lock under which tickets are made and counted.
  static func mutex(_ folder: String) throws(AgentError) -> Int32 {
    let path = folder + "/mutex"
    let descriptor = orch_open(path, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw .file(path: path, number: -descriptor) }
    let status = orch_flock_exclusive(descriptor, true)
    guard status == 0 else {
      close(descriptor)
      throw .file(path: path, number: status)
    }
    return descriptor
  }

  /// The numbers of all tickets, sorted.
  static func tickets(_ folder: String) -> [Int] {
    entries(folder).compactMap { $0.hasPrefix("t") ? Int($0.dropFirst()) : nil }.sorted()
  }

  /// The numbers of the tickets whose process lives; the others are removed.
  ///
  /// Call under the mutex.
  static func living(_ folder: String) -> [Int] {
    tickets(folder).filter { number in
      let path = "\(folder)/\(name(number))"
      let descriptor = orch_open(path, O_RDONLY, 0)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      if orch_flock_shared(descriptor, false) == EWOULDBLOCK { return true }
      unlink(path)
      return false
    }
  }

  /// The file name of a ticket.
  static func name(_ number: Int) -> String {
    let digits = String(number)
    return "t" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }

  /// True for a folder: other locks of orch's are files beside those of turns.
  static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder; none if it is missing.
  static func entries(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { tuple in
          tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }
  }
}
