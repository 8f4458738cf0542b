import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The README` {
  let scratch = Scratch.current

  /// The lines of its section on two machines, by machine.
  private func commands() throws -> [(machine: String, line: String)] {
    let text = try String(
      contentsOf: URL(fileURLWithPath: BuiltProgram.sourceRoot + "/README.md"), encoding: .utf8)
    let section = try #require(text.components(separatedBy: "## Two machines\n").last)
    let block = section.components(separatedBy: "```\n")[1]
    return block.split(separator: "\n").compactMap { line in
      guard let prompt = line.range(of: "$ ") else { return nil }
      let command = line[prompt.upperBound...].components(separatedBy: " #")[0]
      return (String(line[..<prompt.lowerBound]), command.trimmingCharacters(in: .whitespaces))
    }
  }

  @Test func `is followed literally in its section on two machines`() throws {
    let desk = try Machines(["desk"], isShared: false).all[0]
    #expect(try scratch.git("for-each-ref", "refs/orch", in: "origin.git") == "")
    try FileManager.default.createDirectory(
      atPath: scratch["laptop/home"], withIntermediateDirectories: true)
    let bin = scratch["bin"]
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: bin + "/orch", withDestinationPath: BuiltProgram.orch)
    var folders = ["desk": "desk/repo", "laptop": "laptop"]
    var outputs: [String: String] = [:]
    let commands = try commands()
    #expect(commands.count >= 10)
    for (machine, line) in commands {
      if line.hasPrefix("cd ") {
        folders[machine, default: ""] += "/" + line.dropFirst(3)
        continue
      }
      let text = line.replacingOccurrences(of: "URL", with: scratch["origin.git"])
      let result = try scratch.run(
        ["sh", "-c", text], in: try #require(folders[machine]),
        environment: [
          "HOME": scratch[machine + "/home"],
          "XDG_CONFIG_HOME": scratch[machine + "/home/.config"],
          "PATH": bin + ":" + (scratch.environment["PATH"] ?? ""),
        ])
      #expect(result.exitCode == 0, "\(machine)$ \(line)\n\(result)")
      outputs[machine + "$ " + line] = result.output
    }
    let tasks = try desk.tasks()
    #expect(tasks.map { $0["status"] ?? "" } == ["done"])
    #expect(outputs["laptop$ orch hosts"]?.contains("this machine") == true)
    #expect(outputs["laptop$ orch claim list --all"]?.contains("closed") == true)
    #expect(outputs["desk$ git log --oneline refs/orchestrator"]?.contains("merged: Fix") == true)
  }
}
