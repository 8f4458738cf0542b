import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A machine whose clock is wrong` {
    let scratch = Scratch.current

    /// Compiles the library that shifts the clock; its path.
    private func library() throws -> String {
      let source = BuiltProgram.sourceRoot + "/Tests/Faults/wrong-clock.c"
      let path = scratch["wrong-clock.so"]
      let made = ["cc", "clang", "gcc"].contains { compiler in
        let result = try? scratch.run([compiler, "-shared", "-fPIC", "-O1", "-o", path, source])
        return result?.exitCode == 0
      }
      try #require(made, "no C compiler")
      return path
    }

    @Test(arguments: [3600, -3600])
    func `by an hour works with others, and each task is done once`(seconds: Int) throws {
      var machines = try Machines()
      machines.all[1].variables["LD_PRELOAD"] = try library()
      machines.all[1].variables["CLOCK_SKEW"] = String(seconds)
      try machines.all[1].ok("task", "add", "From another time", "--quiet")
      try machines.all[1].ok("sync")
      let report = try machines.all[0].orch(["sync"])
      #expect(report.exitCode == 0, "\(report)")
      #expect(report.errorOutput.contains("s ahead") == (seconds > 0), "\(report)")
      for number in 1...3 { try machines.all[0].ok("task", "add", "Task \(number)", "--quiet") }
      // What is said later on the machine that is behind still counts.
      let id = try #require(machines.all[0].tasks().first?["id"]?.string)
      try machines.all[0].ok("task", "edit", id, "--priority", "3")
      try machines.settle()
      try machines.all[1].ok("task", "edit", id, "--priority", "5")
      try machines.settle()
      let priorities = try machines.all.map {
        try JSONValue(parsing: $0.ok("task", "show", id, "--json"))["priority"] ?? ""
      }
      #expect(priorities == [5, 5])
      let runs = try machines.all.map { try $0.start("run", "--until-idle", "--jobs", "2") }
      for run in runs { run.waitForEnd() }
      #expect(runs.allSatisfy { $0.terminationStatus == 0 }, "\(machines.all.map(\.log))")
      try machines.expectAllMergedOnce(4)
    }

    /// A year is the most that a line may be ahead: who is behind keeps out what the others write, and who is ahead is kept
    /// out by them.
    @Test(arguments: [2, -2])
    func `by years is told of, and holds nobody up`(years: Int) throws {
      var machines = try Machines(settings: "forge: {outage_seconds: 5}")
      let wrong = ["LD_PRELOAD": try library(), "CLOCK_SKEW": String(years * 365 * 86_400)]
      machines.all[1].variables = wrong
      let titles = ["Of the right time", "Of another time"]
      for (machine, title) in zip(machines.all, titles) {
        try machine.ok("task", "add", title, "--quiet")
      }
      let first = try machines.all.map { try $0.orch(["sync"]) } + [machines.all[0].orch(["sync"])]
      #expect(first.allSatisfy { $0.exitCode == 0 }, "\(first)")
      let said = first[years > 0 ? 2 : 1].errorOutput
      #expect(
        said.contains("kept out") && said.contains("one of the two clocks is wrong"), "\(first)")
      #expect(!said.contains("git's own checks"), "\(first)")
      // Both go on, each with what it can know. Who is behind cannot know how its own task was done by the other.
      let runs = try machines.all.map { try $0.orch(["run", "--until-idle"]) }
      #expect(runs.map(\.exitCode) == [0, years > 0 ? 0 : 75], "\(runs)")
      #expect(years > 0 || runs[1].errorOutput.contains("could not be taken in"), "\(runs)")
      let merges = try machines.merges()
      #expect(merges.count == 2 && merges.values.allSatisfy { $0 == 1 }, "\(merges)\n\(runs)")
      let known = try machines.all.map { try Set($0.tasks().compactMap { $0["title"]?.string }) }
      #expect(known[0].isSuperset(of: years > 0 ? titles.prefix(1) : titles[...]))
      #expect(known[1].isSuperset(of: years > 0 ? titles[...] : titles.suffix(1)))
      // With the clock set right, one that was behind has everything.
      machines.all[1].variables = [:]
      if years < 0 { try machines.expectAllMergedOnce(2) }
    }

    @Test func `that goes back by an hour in the middle loses nothing and does nothing twice`()
      async throws
    {
      var machines = try Machines(
        agent: """
          touch "$HOME/../started-$ORCH_TASK_ID"
          while [ ! -e "\(scratch["back"])" ]; do sleep 0.05; done

          """ + Machines.commits)
      machines.all[0].variables = [
        "LD_PRELOAD": try library(), "CLOCK_SKEW": "-3600", "CLOCK_SKEW_FILE": scratch["back"],
      ]
      let machine = machines.all[0]
      for number in 1...3 { try machine.ok("task", "add", "Task \(number)", "--quiet") }
      try machines.settle()
      let runs = try machines.all.map { try $0.start("run", "--until-idle", "--jobs", "1") }
      let areStarted = await eventually(within: 90) {
        ["one", "two"].allSatisfy { name in
          let files = (try? FileManager.default.contentsOfDirectory(atPath: scratch[name])) ?? []
          return files.contains { $0.hasPrefix("started-") }
        }
      }
      #expect(areStarted, "\(machines.all.map(\.log))")
      try scratch.write("back", "")
      for run in runs { run.waitForEnd() }
      #expect(runs.allSatisfy { $0.terminationStatus == 0 }, "\(machines.all.map(\.log))")
      try machines.expectAllMergedOnce(3)
      let attempts = try machine.tasks().map { $0["attempts"]?.array?.count ?? 0 }
      #expect(attempts == [1, 1, 1])
      // What is said with an earlier time is said later all the same.
      try FileManager.default.removeItem(atPath: scratch["back"])
      let id = try machine.ok("task", "add", "Later", "--priority", "3", "--quiet")
      try scratch.write("back", "")
      try machine.ok("task", "edit", id, "--priority", "5")
      try machines.settle()
      for machine in machines.all {
        let task = try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
        #expect(task["priority"] == 5, "\(machine.name)")
      }
    }
  }
#endif
