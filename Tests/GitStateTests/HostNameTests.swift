import Foundation
import GitState
import TestSupport
import Testing

@Suite(.scratch) struct `The name of a machine` {
  let scratch = Scratch.current

  private func name(_ place: String, seed: UInt64) throws -> String {
    try FileManager.default.createDirectory(
      atPath: scratch[place], withIntermediateDirectories: true)
    var random = SeededRandom(seed: seed)
    return try LocalFolder(commonDirectory: scratch[place])
      .hostName(preferring: "Desk 1", using: &random)
  }

  @Test func `is made once, and kept where the folder is moved to`() throws {
    let first = try name("a", seed: 1)
    #expect(first.hasPrefix("desk1-"))
    #expect(try name("a", seed: 2) == first)
    _ = try scratch.run(["mv", "a", "b"])
    #expect(try name("b", seed: 3) == first)
  }

  @Test func `is another one in a copy, and the original keeps its own`() throws {
    let first = try name("a", seed: 1)
    _ = try scratch.run(["cp", "-a", "a", "b"])
    let second = try name("b", seed: 2)
    #expect(second != first && second.hasPrefix("desk1-"))
    #expect(try name("b", seed: 3) == second)
    #expect(try name("a", seed: 4) == first)
  }

  @Test func `stays where the folder was put back from a copy`() throws {
    let first = try name("a", seed: 1)
    _ = try scratch.run(["cp", "-a", "a", "b"])
    _ = try scratch.run(["rm", "-r", "a"])
    _ = try scratch.run(["cp", "-a", "b", "a"])
    #expect(try name("a", seed: 2) == first)
  }
}
