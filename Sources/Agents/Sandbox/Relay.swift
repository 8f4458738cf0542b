#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Passes bytes both ways between two sockets until both sides are done.
enum Relay {
  /// How long a connection may be silent, in milliseconds: longer than any model thinks.
  static let idleMilliseconds: Int32 = 30 * 60 * 1000

  /// Blocks until the end; closes neither.
  static func run(_ left: Int32, _ right: Int32) {
    var open = [left: right, right: left]
    var buffer = [UInt8](repeating: 0, count: 32 * 1024)
    while !open.isEmpty {
      let sources = Array(open.keys)
      var polls = sources.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&polls, nfds_t(polls.count), idleMilliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return }
      for entry in polls where entry.revents != 0 {
        guard let target = open[entry.fd] else { continue }
        let count = systemRead(entry.fd, &buffer)
        if count > 0, SocketAddress.sendAll(buffer[..<count], to: target) { continue }
        open[entry.fd] = nil
        shutdown(target, Int32(SHUT_WR))
        if count < 0 { return }
      }
    }
  }

  /// Passes on so many bytes; false if one side ended before.
  static func copy(_ source: Int32, to target: Int32, count: Int) -> Bool {
    var left = count
    var buffer = [UInt8](repeating: 0, count: 32 * 1024)
    while left > 0 {
      var entry = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, idleMilliseconds) > 0 else { return false }
      let read = systemRead(source, &buffer)
      guard read > 0, SocketAddress.sendAll(buffer[..<min(read, left)], to: target) else {
        return false
      }
      left -= min(read, left)
    }
    return true
  }

  /// Passes on what comes until the source ends or the target is gone.
  static func copyAll(_ source: Int32, to target: Int32) {
    var buffer = [UInt8](repeating: 0, count: 32 * 1024)
    while true {
      var entry = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, idleMilliseconds) > 0 else { return }
      let read = systemRead(source, &buffer)
      guard read > 0, SocketAddress.sendAll(buffer[..<read], to: target) else { return }
    }
  }
}
