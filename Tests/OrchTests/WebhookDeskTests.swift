import Forge
import Foundation
import TestSupport
import Testing

@testable import orch

@Suite(.scratch, .timeLimit(.minutes(30))) struct `What webhooks bring about` {
  let scratch = Scratch.current

  @Test func `a storm of news rings at once, and once more for all that came meanwhile`()
    async throws
  {
    try FileManager.default.createDirectory(
      atPath: scratch["orch"], withIntermediateDirectories: true)
    #expect(mkfifo(scratch["orch/bell"], 0o600) == 0)
    let bell = open(scratch["orch/bell"], O_RDWR | O_NONBLOCK)
    defer { close(bell) }
    var heard: [UInt8] = []
    func listen() -> Int {
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = read(bell, &bytes, bytes.count)
      if count > 0 { heard += bytes[..<count] }
      return heard.count
    }
    let wakeUp = WakeUp(commonDirectory: scratch.path)
    for _ in 0..<50 { wakeUp.wake() }
    #expect(listen() == 1)
    #expect(await eventually { listen() == 2 })
    for _ in 0..<50 { wakeUp.wake() }
    #expect(await eventually { listen() == 3 })
    #expect(heard == [5, 5, 5])
  }

  @Test func `deliveries are remembered in a file that does not grow without end`() throws {
    let path = scratch["deliveries"]
    let delivery = { (number: Int) in
      let digits = String(number)
      return WebhookDelivery(
        id: "id-\(number)", event: "push",
        code: String(repeating: "0", count: 64 - digits.count) + digits)
    }
    let file = DeliveryFile(path: path)
    let count = DeliveryMemory.capacity * 2 + 100
    for number in 0..<count {
      #expect(file.see(delivery(number)))
      if number % 1000 == 0 { #expect(!file.see(delivery(number))) }
    }
    let lines = try scratch.read("deliveries").split(separator: "\n").count
    #expect(lines <= DeliveryMemory.capacity * 2 + 1)
    // Half a line is what a power cut leaves.
    try scratch.write("deliveries", scratch.read("deliveries") + "id-99 00")
    let next = DeliveryFile(path: path)
    #expect(!next.see(delivery(count - 1)))
    #expect(!next.see(delivery(count - DeliveryMemory.capacity)))
    #expect(next.see(delivery(count)))
  }

  @Test(
    arguments: [
      ("127.0.0.1:0", "127.0.0.1", 0), (":80", "127.0.0.1", 80), ("[::1]:8787", "::1", 8787),
      ("host.example:1", "host.example", 1),
    ])
  func `an address to listen on has a host and a port`(text: String, host: String, port: Int) throws
  {
    let address = try ServeCommand.address(text)
    #expect(address.host == host)
    #expect(address.port == port)
  }

  @Test(arguments: ["", "8787", "host", "host:", "host:-1", "host:65536", "host:x"])
  func `what is no address is refused`(text: String) {
    #expect(throws: CommandError.self) { try ServeCommand.address(text) }
  }
}
