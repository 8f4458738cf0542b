import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized)
struct `The doctor on merges and names` {
  let scratch = Scratch.current

  @Test func `names drivers that are not run, and files that differ by case only`() throws {
    let play = try Playground(files: ["README.md": "1\n", "d/File": "1\n", "D/file": "2\n"])
    try play.ok("init")
    let before = try play.orch("doctor").output
    #expect(!before.contains("driver") && !before.contains("by case only"))
    try scratch.git("config", "merge.ours.driver", "true", in: "repo")
    try scratch.git("config", "core.ignoreCase", "true", in: "repo")
    let doctor = try play.orch("doctor")
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("merge drivers are not run by orch (ours)"), "\(doctor)")
    #expect(doctor.output.contains("D/file and d/File"), "\(doctor)")
    #expect(doctor.output.contains("'git mv D"))
  }

  @Test func `says whether commits are signed, with your key or not at all`() throws {
    let play = try Playground()
    try play.ok("init")
    #expect(try !play.orch("doctor").output.contains("signed"))
    try SigningKeys(in: scratch).useSSH()
    #expect(
      try play.orch("doctor").output.contains(
        "commits that orch writes onto branches are signed with your key"))
    try scratch.git("config", "--global", "commit.gpgSign", "false")
    #expect(
      try play.orch("doctor").output.contains(
        "rebased commits that were signed before are signed with your key"))
    try scratch.git("config", "--global", "user.signingKey", scratch["home/nothing"])
    let broken = try play.orch("doctor")
    #expect(broken.exitCode == 1 && broken.output.contains("cannot be signed: "), "\(broken)")
  }
}
