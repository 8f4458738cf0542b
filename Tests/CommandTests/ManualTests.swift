import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The manual` {
  let scratch = Scratch.current

  /// Plans two parts, and does everything else by adding a file.
  private static let agent = """
    cat > /dev/null
    if [ "$ORCH_TASK_KIND" = spec ] && [ "$ORCH_PURPOSE" != resume ]; then
      printf '%s' '{"status":"done","summary":"two parts","delegations":[
        {"title":"Add the new store","body":"b"},
        {"title":"Use the new store","body":"b","labels":["after:1"]}]}' > "$ORCH_OUTPUT"
      exit 0
    fi
    [ "$ORCH_TASK_KIND" = spec ] || { echo x > "file-$ORCH_TASK_ID"; git add -A; git commit -qm "Add"; }
    printf '{"status":"done","summary":"did it"}' > "$ORCH_OUTPUT"
    """

  @Test func `every command of the first hour works, in its order`() throws {
    let play = try Playground(agent: Self.agent)
    let page = try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/docs/first-hour.md", encoding: .utf8)
    let commands = page.components(separatedBy: "\n").filter { $0.hasPrefix("$ orch ") }
    #expect(commands.count > 20)
    var names: [String: String] = [:]
    for line in commands {
      let words = CommandWords.shellWords(String(line.dropFirst(2))).dropFirst().map {
        names[$0] ?? $0
      }
      let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(result.exitCode == 0, "\(line): \(result.errorOutput)")
      let placeholders = ["8d5c", "77aa", "3e1f"].filter { names[$0] == nil }
      if words.starts(with: ["task", "add"]) || words.starts(with: ["task", "plan"]),
        let name = placeholders.first
      {
        names[name] = String(result.output.prefix(6))
      }
    }
    #expect(names.count == 3)
    #expect(try play.tasks().count == 5)
    #expect(try play.tasks().allSatisfy { $0["status"] == "done" })
    #expect(scratch.exists("repo/.claude/skills/orch/SKILL.md"))
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
