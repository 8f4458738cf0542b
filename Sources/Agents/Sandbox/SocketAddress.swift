internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Sockets of the sandbox's gate and proxy.
enum SocketAddress {
  #if canImport(Glibc)
    private static let stream = Int32(SOCK_STREAM.rawValue)
    private static let noSignal = Int32(MSG_NOSIGNAL)
  #else
    private static let stream = SOCK_STREAM
    private static let noSignal: Int32 = 0
  #endif

  /// Listens on a Unix socket, which is made anew; -errno on failure.
  static func listenUnix(_ path: String) -> Int32 {
    unlink(path)
    return withUnix(path) { address, length in
      let descriptor = cloexec(socket(AF_UNIX, stream, 0))
      guard descriptor >= 0 else { return -errno }
      guard bind(descriptor, address, length) == 0, listen(descriptor, 64) == 0 else {
        return failed(descriptor)
      }
      return descriptor
    }
  }

  /// Connects to a Unix socket; -errno on failure.
  static func connectUnix(_ path: String) -> Int32 {
    withUnix(path) { address, length in
      let descriptor = cloexec(socket(AF_UNIX, stream, 0))
      guard descriptor >= 0 else { return -errno }
      return connect(descriptor, address, length) == 0 ? descriptor : failed(descriptor)
    }
  }

  /// Listens on 127.0.0.1, on a port that the system chooses.
  static func listenLoopback() -> (descriptor: Int32, port: Int)? {
    let descriptor = cloexec(socket(AF_INET, stream, 0))
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(descriptor, name, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, name, &length) == 0
      }
    }
    guard isOpen else {
      close(descriptor)
      return nil
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Connects to a host by name or address.
  ///
  /// Returns -EACCES if it only has addresses of this machine or its links and `allowsLocal` is false.
  static func connectHost(_ host: String, port: Int, allowsLocal: Bool) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = stream
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return -EHOSTUNREACH }
    defer { freeaddrinfo(list) }
    var status = -EHOSTUNREACH
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      if !allowsLocal, isLocal(address) {
        status = -EACCES
        continue
      }
      let descriptor = cloexec(socket(entry.ai_family, entry.ai_socktype, entry.ai_protocol))
      guard descriptor >= 0 else { continue }
      if connect(descriptor, address, entry.ai_addrlen) == 0 { return descriptor }
      status = failed(descriptor)
    }
    return status
  }

  /// True for loopback, link-local and unspecified addresses, where a machine keeps its own services.
  private static func isLocal(_ address: UnsafeMutablePointer<sockaddr>) -> Bool {
    if Int32(address.pointee.sa_family) == AF_INET {
      return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        isLocal(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
      }
    }
    guard Int32(address.pointee.sa_family) == AF_INET6 else { return true }
    return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
      let bytes = withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      if isMapped { return isLocal(bytes[12...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) }
      let isLow = bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] <= 1
      return isLow || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }
  }

  private static func isLocal(_ address: UInt32) -> Bool {
    address >> 24 == 127 || address >> 24 == 0 || address >> 16 == 0xA9FE
  }

  /// Sends everything; false if the other side is gone.
  static func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, noSignal) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func cloexec(_ descriptor: Int32) -> Int32 {
    if descriptor >= 0 { _ = orch_set_cloexec(descriptor) }
    return descriptor
  }

  private static func failed(_ descriptor: Int32) -> Int32 {
    let number = errno
    close(descriptor)
    return -number
  }

  private static func withUnix(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let isShort = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard bytes.count < target.count else { return false }
      target.copyBytes(from: bytes)
      return true
    }
    guard isShort else { return -ENAMETOOLONG }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
