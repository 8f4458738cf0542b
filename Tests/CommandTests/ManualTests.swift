import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The manual` {
  let scratch = Scratch.current

  @Test func `every command of the first hour works, in its order, and begins with nothing`() throws
  {
    try scratch.repository("repo", files: ["README.md": "hello\n"])
    try PageYard.prepare(scratch)
    let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
    let blocks = try ManualPage("docs/first-hour.md").blocks.filter { $0.info == "sh" }
    let commands = blocks.flatMap { $0.text.components(separatedBy: "\n") }.filter {
      $0.hasPrefix("orch ")
    }
    #expect(commands.count > 20)
    var said: [String: String] = [:]
    for block in blocks {
      let result = try scratch.run(
        ["sh", "-euc", block.text], in: "repo", environment: ["PATH": path])
      #expect(result.exitCode == 0, "\(block.text)\n\(result)")
      said[block.heading, default: ""] += result.output
    }
    for name in PageYard.placeholders { #expect(scratch.exists("names/\(name)")) }
    let list = try scratch.run([BuiltProgram.orch, "task", "list", "--json"], in: "repo").output
    let tasks = try JSONValue(parsing: list).array ?? []
    #expect(tasks.count == 6)
    #expect(tasks.allSatisfy { $0["status"] == "done" })
    #expect(said["While it works"]?.contains("Red or blue?") == true)
    #expect(said["Look back"]?.contains("Fix the login timeout") == true)
    #expect(said["Look back"]?.contains("stand-in") == true)
    #expect(scratch.exists("repo/.claude/skills/orch/SKILL.md"))
  }

  @Test func `the README's first transcript is what is printed`() throws {
    let play = try Playground()
    let settings = try scratch.read("repo/.orch.yml").replacingOccurrences(
      of: "  worker:", with: "  fixer:")
    try scratch.write("repo/.orch.yml", settings)
    let block = try #require(
      ManualPage("README.md").blocks.first { $0.heading == "Twenty seconds" })
    var shown: [String: [String]] = [:]
    var command = ""
    for line in block.text.components(separatedBy: "\n").dropLast() {
      if line.hasPrefix("$ ") {
        command = String(line.dropFirst(2))
      } else {
        shown[command, default: []].append(line)
      }
    }
    #expect(shown.count == 4)
    try PageYard.prepare(scratch)
    let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
    for line in block.text.components(separatedBy: "\n") where line.hasPrefix("$ ") {
      let words = String(line.dropFirst(2))
      let result = try scratch.run(["sh", "-euc", words], in: "repo", environment: ["PATH": path])
      #expect(result.exitCode == 0, "\(line): \(result)")
      let said = (result.output + result.errorOutput).split(separator: "\n").map(String.init)
      #expect(said.map(plain) == shown[words]?.map(plain), "\(line)")
    }
    #expect(try play.tasks().first?["status"] == "done")
  }

  @Test func `the README's script agent works as it is typed, uncommitted`() throws {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository("repo", files: ["README.md": "hello\n"])
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let block = try #require(
      ManualPage("README.md").blocks.first { $0.heading == "A script as an agent" })
    let typed = try scratch.run(["sh", "-euc", block.text], in: "repo")
    #expect(typed.exitCode == 0, "\(typed)")
    for words in [["init"], ["task", "add", "Say hello"], ["run", "--until-idle"]] {
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 0, "\(words): \(result)")
    }
    #expect(try scratch.git("show", "main:CHANGES.txt", in: "origin.git") == "Say hello")
    #expect(try scratch.git("status", "--porcelain", in: "repo").contains("?? scripts/"))
  }

  /// A line without what differs each time: names, durations, the machine.
  private func plain(_ line: String) -> String {
    line.replacing(/\b[0-9a-f]{6,40}\b/, with: "NAME").replacing(/\b\d+(ms|s|m)\b/, with: "TIME")
      .replacing(/(host +|begun on )\S+/) { "\($0.output.1)HERE" }
  }

  @Test func `pages and completions name every command, and roff has nothing to say against them`()
    throws
  {
    let result = try scratch.run(
      [BuiltProgram.orch, "manual", "share", "--json"], in: scratch.path)
    #expect(result.exitCode == 0, "\(result.errorOutput)")
    let files = try JSONValue(parsing: result.output).strings ?? []
    let help = try scratch.run([BuiltProgram.orch, "help"], in: scratch.path).output
    let section = help.components(separatedBy: "SUBCOMMANDS:").last ?? ""
    let commands = section.split(separator: "\n").filter {
      $0.hasPrefix("  ") && !$0.hasPrefix("   ")
    }
    .map { String($0.split(separator: " ")[0]) }.filter { $0 != "See" }
    #expect(commands.count > 20 && !commands.contains("manual"))
    for command in commands {
      #expect(files.contains { $0.hasSuffix("/share/man/man1/orch-\(command).1") }, "\(command)")
      for shell in [
        "bash-completion/completions/orch", "zsh/site-functions/_orch",
        "fish/vendor_completions.d/orch.fish",
      ] {
        #expect(try scratch.read("share/" + shell).contains(command), "\(shell): \(command)")
      }
    }
    let page = try scratch.read("share/man/man1/orch-task.1")
    #expect(page.contains(".SS orch task approve") && page.contains("\\-\\-auto") == false)
    #expect(page.contains("\\fB\\-\\-since \\fICURSOR\\fB\\fR"))
    for file in files where file.hasSuffix(".1") {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let requests = text.split(separator: "\n").filter { $0.hasPrefix(".") || $0.hasPrefix("'") }
      let known = [".TH", ".SH", ".SS", ".TP", ".PP", ".BR", ".B", ".I", ".br"]
      let unknown = requests.filter { line in
        !known.contains(String(line.split(separator: " ")[0]))
      }
      #expect(unknown == [], "\(file)")
    }
    let again = try scratch.run(
      [BuiltProgram.orch, "manual", "share", "--quiet"], in: scratch.path)
    #expect(again.exitCode == 0 && again.output.isEmpty)
  }

  @Test func `each command of the contract has its page's worth of words`() throws {
    let result = try scratch.run(
      [BuiltProgram.orch, "--experimental-dump-help"], in: scratch.path)
    func check(_ command: JSONValue, _ path: String) {
      let name = path + (command["commandName"]?.string ?? "?")
      if name == "orch help" { return }
      #expect(command["abstract"]?.string?.isEmpty == false, "\(name)")
      for argument in command["arguments"]?.array ?? [] {
        #expect(argument["abstract"]?.string?.isEmpty == false, "\(name): \(argument)")
      }
      for child in command["subcommands"]?.array ?? [] { check(child, name + " ") }
    }
    check(try JSONValue(parsing: result.output)["command"] ?? .null, "")
  }
}
