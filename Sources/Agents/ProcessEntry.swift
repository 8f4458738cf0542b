#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One process as the kernel lists it: `/proc/PID/stat`, see proc(5).
struct ProcessEntry: Sendable, Hashable {
  let pid: pid_t
  let parent: pid_t
  let session: pid_t
  /// The program's name, at most 15 bytes.
  let name: String
  /// True if it has ended and only waits to be collected.
  let isZombie: Bool
  /// True if it was stopped by a signal or is held by a debugger.
  let isStopped: Bool
  /// When it began, in clock ticks since the machine's start: with the number, its identity.
  let start: Int

  /// Reads the line; the name in parentheses may hold anything, also parentheses and spaces.
  init?(pid: pid_t, stat bytes: [UInt8]) {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
    else { return nil }
    let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " ")).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard fields.count > 19, let parent = pid_t(fields[1]), let session = pid_t(fields[3]),
      let start = Int(fields[19])
    else { return nil }
    self.pid = pid
    self.parent = parent
    self.session = session
    self.start = start
    name = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
    isZombie = fields[0] == "Z" || fields[0] == "X"
    isStopped = fields[0] == "T" || fields[0] == "t"
  }
}
