import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A repository full of small packs` {
  let scratch = Scratch.current

  /// The packs that nobody keeps, as fetches leave them.
  private func packs(_ machine: Machine) throws -> Int {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: scratch[machine.repository + "/.git/objects/pack"])
    return names.count { $0.hasSuffix(".pack") } - names.count { $0.hasSuffix(".keep") }
  }

  /// Makes a commit that is in a pack of its own, and in no other place.
  private func pack(_ number: Int, _ machine: Machine) throws -> String {
    let repository = machine.repository
    let tree = try scratch.git("rev-parse", "HEAD^{tree}", in: repository)
    let id = try scratch.git("commit-tree", tree, "-m", "Commit \(number)", in: repository)
    let made = try scratch.run(
      ["git", "pack-objects", "-q", ".git/objects/pack/pack"], in: repository, input: id + "\n")
    #expect(made.exitCode == 0, "\(made)")
    try scratch.git("update-ref", "refs/small/\(number)", id, in: repository)
    return id
  }

  @Test func `has them joined while the work goes on, and loses nothing`() async throws {
    let machine = try Machines(
      ["one"],
      agent: """
        cat > /dev/null
        while [ ! -e "$HOME/../go" ]; do sleep 0.05; done
        echo done > file.txt
        git add -A
        git commit -qm done
        """
    ).all[0]
    let ids = try (1...70).map { try pack($0, machine) }
    try scratch.git("prune-packed", "-q", in: machine.repository)
    #expect(try packs(machine) >= ids.count)
    try machine.ok("task", "add", "Work", "--quiet")
    let run = try machine.start("run", "--until-idle")
    #expect(await eventually(within: 60) { (try? packs(machine)) ?? 99 <= 50 }, "\(machine.log)")
    #expect(run.isRunning, "\(machine.log)")
    try scratch.write("one/go", "")
    run.waitForEnd()
    #expect(run.terminationStatus == 0, "\(machine.log)")
    for id in ids { try scratch.git("cat-file", "-e", id, in: machine.repository) }
    try scratch.git("fsck", "--strict", "--no-dangling", in: machine.repository)
    #expect(try machine.tasks().first?["status"] == "done", "\(machine.log)")
  }
}
