internal import CPlatform
internal import Folders
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
  /// The variable with the folders of the locks, a line each, that a process runs under already.
  public static let heldVariable = "ORCH_LOCKS_HELD"
  /// How often a waiter looks whether it is its turn, in milliseconds: it is woken when a ticket is given
  /// back, and looks for tickets of killed processes besides.
  static let lookMilliseconds: Int32 = 50

  /// Its name.
  public let name: String
  /// How many may hold it at once.
  public let capacity: Int
  /// Where its tickets lie: what tells it from a lock of that name in another repository.
  public let folder: String

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
    Folder.names(in: root).filter { isName($0) && Folder.isFolder("\(root)/\($0)") }
  }

  /// Takes a place in the queue; throws `AgentError.file`.
  public func enqueue(_ holder: LockHolder) throws(AgentError) -> LockTicket {
    try LockFolder.make(folder)
    let place = try LockFolder.open(folder)
    defer { close(place) }
    let mutex = try LockFolder.mutex(place, folder)
    defer { close(mutex) }
    let number = (LockFolder.tickets(folder).last ?? 0) + 1
    let path = "\(folder)/\(LockFolder.name(number))"
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
    let descriptor = orch_open_at(place, LockFolder.name(number), flags, 0o600)
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
  /// Returns nil if it was not had. `onWait` hears the place in the queue when it changes, from 1; `onStale`
  /// hears of each place whose process is gone and that was removed. Throws `AgentError.file`.
  public func take(
    _ holder: LockHolder, milliseconds: Int64? = nil, isOver: () -> Bool = { false },
    onStale: (LockHolder) -> Void = { _ in }, onWait: (Int) -> Void = { _ in }
  ) throws(AgentError) -> LockTicket? {
    let ticket = try enqueue(holder)
    let deadline = milliseconds.map { orch_monotonic_ms() + $0 }
    var last = 0
    var removals: Int32 = -1
    defer { if removals >= 0 { close(removals) } }
    while true {
      let (ahead, gone) = try ticket.livingAhead()
      gone.forEach(onStale)
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
  public func queue() throws(AgentError) -> [LockPlace] { try look().places }

  /// The queue, and whose places were taken out because their processes are gone.
  public func look() throws(AgentError) -> (places: [LockPlace], gone: [LockHolder]) {
    guard RunFile.exists(folder) else { return ([], []) }
    let place = try LockFolder.open(folder)
    defer { close(place) }
    let mutex = try LockFolder.mutex(place, folder)
    defer { close(mutex) }
    let (living, gone) = LockFolder.sweep(place, folder)
    let places = living.enumerated().map { index, number in
      LockPlace(
        holder: LockFolder.holder(number, folder) ?? LockHolder(command: "?"),
        isHeld: index < capacity)
    }
    return (places, gone)
  }
}

/// A place in a lock's queue, kept until this value ends.
public struct LockTicket: ~Copyable {
  let lock: ResourceLock
  let number: Int
  let path: String
  let descriptor: Int32

  /// The number of living tickets before this one, and whose places were found to be a dead process'.
  func livingAhead() throws(AgentError) -> (count: Int, gone: [LockHolder]) {
    let place = try LockFolder.open(lock.folder)
    defer { close(place) }
    let mutex = try LockFolder.mutex(place, lock.folder)
    defer { close(mutex) }
    let (living, gone) = LockFolder.sweep(place, lock.folder)
    return (living.count { $0 < number }, gone)
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
