import Foundation
import JSON
import TestSupport
import Testing

@testable import Agents

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A worker's control group` {
  let bench = WorkerBench(scratch: Scratch.current)
  var scratch: Scratch { bench.scratch }

  /// A folder of cgroup v2 in which this user may make groups; nil where there is none.
  private static let place: String? = {
    let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    guard let folder = ControlGroupText.folder(mounts: mounts, groups: groups) else { return nil }
    let trial = folder + "/orch-test-\(getpid())"
    guard mkdir(trial, 0o755) == 0 else { return nil }
    rmdir(trial)
    return folder
  }()

  private static let hybrid = """
    25 30 0:22 / /sys rw,nosuid - sysfs sysfs rw
    34 33 0:30 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
    35 33 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
    """

  @Test(
    arguments: [
      (hybrid, "4:memory:/x\n0::/\n", "/sys/fs/cgroup/unified"),
      (hybrid, "0::/user.slice/a.scope\n", "/sys/fs/cgroup/unified/user.slice/a.scope"),
      ("1 2 0:3 /user.slice /c\\040d rw - cgroup2 none rw", "0::/user.slice/x", "/c d/x"),
      ("1 2 0:3 /user.slice /c rw - cgroup2 none rw", "0::/user.slice", "/c"),
      ("1 2 0:3 /user.slice /c rw - cgroup2 none rw", "0::/user.slices/x", nil),
      (hybrid, "4:memory:/x\n", nil), ("garbage\n-\n1 2 - cgroup2", "0::/x", nil), ("", "", nil),
    ] as [(String, String, String?)])
  func `is found from what the kernel writes`(mounts: String, groups: String, folder: String?) {
    #expect(ControlGroupText.folder(mounts: mounts, groups: groups) == folder)
  }

  @Test func `is given the limits that there are`() {
    var limits = ResourceLimits()
    #expect(ControlGroup.settings(limits).isEmpty)
    limits.memoryBytes = 3 << 20
    limits.processes = 2
    #expect(
      ControlGroup.settings(limits).map { "\($0.file)=\($0.value)" } == [
        "memory.max=3145728", "memory.swap.max=0", "memory.oom.group=1", "pids.max=160",
      ])
  }

  @Test func `is made with what its controllers keep, and tells what the kernel did`() throws {
    // A folder that looks like one: what the kernel would write is written here.
    for (file, text) in [
      "cgroup.procs": "12\n34\n", "memory.max": "max\n", "pids.max": "max\n",
      "memory.events": "low 0\nmax 17\noom 1\noom_kill 3\noom_group_kill 1\n",
      "pids.events": "max 2\n",
    ] { try scratch.write("parent/one/\(file)", text) }
    let group = ControlGroup(parent: scratch["parent"], name: "one")
    var limits = ResourceLimits()
    limits.memoryBytes = 64 << 20
    limits.processes = 1
    #expect(group.make(limits))
    #expect(try scratch.read("parent/one/memory.max").hasPrefix("67108864"))
    #expect(try scratch.read("parent/one/pids.max").hasPrefix("144"))
    #expect(!scratch.exists("parent/one/memory.swap.max"))
    #expect(group.holds(34) && !group.holds(1) && group.wasFull())
    #expect(
      group.excess(limits)
        == "it used up its memory, 64 MB are allowed: the kernel ended 3 of its processes")
    try scratch.write("parent/one/memory.events", "oom_kill 0\n")
    #expect(group.excess(limits) == nil)
    #expect(!ControlGroup(parent: scratch["none"], name: "one").make(limits))
    #expect(ControlGroup(json: ["parent": "/x", "name": "../y"]) == nil)
    #expect(ControlGroup(json: group.json) == group)
  }

  @Test func `is not looked for where nobody delegated one`() throws {
    #expect(throws: ControlGroupPlace.Absence.self) {
      try ControlGroupPlace.find(configured: scratch.path)
    }
    try scratch.write("given/cgroup.controllers", "cpuset cpu memory\n")
    let place = try ControlGroupPlace.find(configured: scratch["given"])
    #expect(place.limits == ["memory"] && !place.isComplete)
    try scratch.write("given/cgroup.controllers", "memory pids\n")
    #expect(try ControlGroupPlace.find(configured: scratch["given"]).isComplete)
  }

  @Test(.enabled(if: place != nil, "no folder of cgroup v2 can be written here"))
  func `holds everything that the worker starts, and all of it ends with the worker`() async throws
  {
    let parent = try #require(Self.place)
    let name = "orch-test-\(UUID().uuidString.prefix(8))"
    let group = ControlGroup(parent: parent, name: name)
    let monitor = try bench.run(
      """
      (setsid env -i /bin/sh -c 'sleep 1000 & echo $! > \(scratch["far"]).new; mv \(scratch["far"]).new \(scratch["far"]); wait' &)
      while [ ! -e \(scratch["far"]) ]; do sleep 0.01; done
      cat /proc/self/cgroup; mkdir \(group.path)/deeper || true
      """
    ) { $0.controlGroup = group }
    let exit = try await bench.end(monitor)
    #expect(exit.report.finalText.contains("0::") && exit.report.finalText.contains("/\(name)"))
    #expect(!FileManager.default.fileExists(atPath: group.path))
    let far = try #require(pid_t(try scratch.read("far").split(separator: "\n").joined()))
    #expect(kill(far, 0) != 0)
    #expect(exit.leftovers >= 2)
  }

  @Test(.enabled(if: place != nil, "no folder of cgroup v2 can be written here"))
  func
    `is ended by whoever finds that the supervisor was killed, with what nothing else would find`()
    async throws
  {
    let parent = try #require(Self.place)
    let group = ControlGroup(parent: parent, name: "orch-test-\(UUID().uuidString.prefix(8))")
    // In the group, without the worker's mark, session or parent: only the group knows it.
    let monitor = try bench.run("touch up; exec sleep 1000") { $0.controlGroup = group }
    await bench.expectFile("up")
    let stranger = try ChildProcess(["/bin/sleep", "1000"], environment: [:])
    try String(stranger.processIdentifier).write(
      toFile: group.processes, atomically: false, encoding: .utf8)
    let supervisor = try #require(
      RunDirectory(path: monitor.directory).storedIdentity?.supervisor)
    kill(supervisor, SIGKILL)
    #expect(await eventually { monitor.recordLoss() })
    #expect(!FileManager.default.fileExists(atPath: group.path))
    stranger.waitForEnd()
    #expect(stranger.wasKilled)
  }
}
