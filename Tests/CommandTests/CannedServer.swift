import Foundation
import Synchronization

/// A server on this machine that answers every request whose text contains a word with a fixed JSON text.
///
/// For one question only: whether an answer of a forge's form reaches a prompt. What GitHub answers is held
/// to its published description in the tests of `Forge`.
final class CannedServer: Sendable {
  let port: Int
  private let listener: Int32
  private let requests = Mutex<[String]>([])

  /// The requests so far, headers and body.
  var seen: [String] { requests.withLock { $0 } }

  /// Starts one; `answer` gives the body for a request, or nil for 404.
  init(_ answer: @escaping @Sendable (String) -> String?) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(listener, name, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, name, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    let thread = Thread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        self?.serve(connection, answer)
        close(connection)
      }
    }
    thread.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: Int32, _ answer: (String) -> String?) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !Self.isWhole(bytes) {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      bytes += buffer[..<count]
    }
    let request = String(decoding: bytes, as: UTF8.self)
    requests.withLock { $0.append(request) }
    let body = answer(request)
    let text =
      "HTTP/1.1 \(body == nil ? "404 Not Found" : "200 OK")\r\nContent-Type: application/json\r\n"
      + "Content-Length: \((body ?? "{}").utf8.count)\r\nConnection: close\r\n\r\n\(body ?? "{}")"
    _ = Array(text.utf8).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
  }

  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let header = text[..<end.lowerBound].lowercased()
    guard let field = header.range(of: "content-length: ") else { return true }
    let length = Int(header[field.upperBound...].prefix { $0.isNumber }) ?? 0
    return text[end.upperBound...].utf8.count >= length
  }
}
