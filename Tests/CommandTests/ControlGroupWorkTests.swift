import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  @Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Workers in control groups` {
    let scratch = Scratch.current

    /// A folder of cgroup v2 in which groups can be made; nil where there is none.
    private static let mounted: String? = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first {
      let trial = "\($0)/orch-work-test-\(getpid())"
      guard FileManager.default.fileExists(atPath: $0 + "/cgroup.controllers"),
        mkdir(trial, 0o755) == 0
      else { return false }
      return rmdir(trial) == 0
    }

    @Test(.enabled(if: mounted != nil, "no folder of cgroup v2 can be written here"))
    func `get one each, which is gone when they have ended`() throws {
      let parent = "\(try #require(Self.mounted))/orch-work-\(UUID().uuidString.prefix(8))"
      try #require(mkdir(parent, 0o755) == 0)
      defer { rmdir(parent) }
      let play = try Playground(
        agent: """
          cat > /dev/null
          grep '^0::' /proc/self/cgroup > group
          (setsid env -i sleep 1000 &)
          git add group; git commit -qm work
          """, settings: "\nsandbox:\n  cgroup: \(parent)\n  memory_mb: 4000\n")
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
      #expect(task["status"] == "done", "\(task.indentedText)")
      let said = try scratch.git("show", "main:group", in: "origin.git")
      #expect(said.contains("-\(id)-1"), "\(said)")
      // Only the kernel's own files are left in it.
      let left = try FileManager.default.contentsOfDirectory(atPath: parent)
      #expect(!left.contains { $0.hasPrefix("orch-") }, "\(left)")
      let doctor = try play.orch("doctor").output
      #expect(doctor.contains("groups of '\(parent)'"), "\(doctor)")
    }

    @Test func `are looked at where there are none, and doctor says how to get them`() throws {
      let play = try Playground(settings: "\nsandbox:\n  cgroup: \(scratch["none"])\n")
      let id = try play.ok("task", "add", "Work", "--quiet")
      try play.ok("run", "--until-idle")
      #expect(try play.ok("task", "show", id, "--json").contains("\"done\""))
      let doctor = try play.orch("doctor")
      #expect(doctor.output.contains("is no folder of cgroup v2"), "\(doctor)")
      #expect(doctor.output.contains("systemd-run --user --scope -p Delegate=yes orch run"))
      #expect(doctor.exitCode == 1)
    }
  }
#endif
