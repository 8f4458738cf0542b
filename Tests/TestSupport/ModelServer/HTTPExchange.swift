import Foundation

/// One request and one answer of HTTP/1.1 on a connection that is closed afterwards.
public enum HTTPExchange {
  /// A request: the path without its query, and the body.
  public struct Request: Sendable {
    /// The path, also of a request in the form for proxies.
    public var path: String
    /// The body.
    public var body: [UInt8]
  }

  /// Reads a request; nil if the connection is closed before its end.
  public static func read(from connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    var head: (lines: [String], end: Int)?
    while true {
      if head == nil, let end = endOfHead(bytes) {
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        head = (text.components(separatedBy: "\r\n"), end)
      }
      if let head, let body = body(Array(bytes[head.end...]), head.lines) {
        let words = head.lines[0].split(separator: " ")
        guard words.count > 1 else { return nil }
        let path = URLComponents(string: String(words[1]))?.path ?? String(words[1])
        return Request(path: path, body: body)
      }
      let count = Foundation.read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= mark.count else { return nil }
    return (0...(bytes.count - mark.count)).first { bytes[$0..<($0 + 4)].elementsEqual(mark) }
      .map { $0 + mark.count }
  }

  /// The body once it is whole; nil before.
  private static func body(_ bytes: [UInt8], _ lines: [String]) -> [UInt8]? {
    func field(_ name: String) -> String? {
      lines.first { $0.lowercased().hasPrefix(name + ":") }
        .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }
    if field("transfer-encoding")?.lowercased() == "chunked" { return unchunked(bytes) }
    let length = field("content-length").flatMap { Int($0) } ?? 0
    return bytes.count >= length ? Array(bytes.prefix(length)) : nil
  }

  private static func unchunked(_ bytes: [UInt8]) -> [UInt8]? {
    var rest = bytes[...]
    var result: [UInt8] = []
    while let end = rest.firstIndex(of: 0x0A) {
      let digits = String(decoding: rest[..<end], as: UTF8.self).prefix { $0.isHexDigit }
      guard let size = Int(digits, radix: 16) else { return result }
      if size == 0 { return result }
      let start = end + 1
      guard rest.endIndex >= start + size + 2 else { return nil }
      result += rest[start..<(start + size)]
      rest = rest[(start + size + 2)...]
    }
    return nil
  }

  /// Writes an answer whose end is the end of the connection.
  public static func answer(
    _ connection: Int32, status: Int, type: String = "application/json", _ body: String
  ) {
    let text =
      "HTTP/1.1 \(status) \(status == 200 ? "OK" : "Error")\r\nContent-Type: \(type)\r\n"
      + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// A listening socket on 127.0.0.1.
public enum LoopbackListener {
  /// Opens one on a port that the system chooses; returns descriptor and port.
  public static func open() throws -> (descriptor: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(listener, name, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, name, &length) == 0
      }
    }
    guard isOpen else { throw POSIXError(.EADDRNOTAVAIL) }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }
}
