import Agents
import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Workers that are seen to their end` {
  let scratch = Scratch.current

  @Test func `are asked to stop, those too that come after the word`() throws {
    let supervision = Supervision()
    let monitors = try ["before", "ended", "after"].map { name in
      try scratch.write("\(name)/launch.json", "{}")
      return WorkerMonitor(directory: scratch[name])
    }
    supervision.begin(monitors[0])
    supervision.begin(monitors[1])
    supervision.end(monitors[1])
    #expect(!scratch.exists("before/stop"))
    supervision.stop()
    supervision.begin(monitors[2])
    #expect(try scratch.read("before/stop") == StopRequest.interrupt.rawValue)
    #expect(!scratch.exists("ended/stop"))
    #expect(try scratch.read("after/stop") == StopRequest.interrupt.rawValue)
  }
}
