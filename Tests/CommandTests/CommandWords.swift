import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import orch

/// The commands that a text shows, and whether the parser knows them.
enum CommandWords {
  /// Every `orch …` of a Markdown text: in code spans, and at the beginning of lines of code blocks.
  static func commands(in markdown: String) -> [Shown] {
    var commands: [Shown] = []
    var isInBlock = false
    var prose = ""
    for line in markdown.components(separatedBy: "\n") {
      if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") {
        isInBlock.toggle()
        prose += "\n\n"
        continue
      }
      guard isInBlock else {
        prose += line + "\n"
        continue
      }
      let words = line.trimmingCharacters(in: .whitespaces)
      let command = words.hasPrefix("$ ") ? String(words.dropFirst(2)) : words
      if command.hasPrefix("orch ") { commands.append(Shown(text: command, isWhole: true)) }
    }
    // Code spans: every second piece between backquotes, paragraph by paragraph.
    for paragraph in prose.components(separatedBy: "\n\n") {
      for (index, piece) in paragraph.components(separatedBy: "`").enumerated()
      where index % 2 == 1 && piece.hasPrefix("orch ") {
        let text = piece.replacingOccurrences(of: "\n", with: " ")
        commands.append(Shown(text: text, isWhole: false))
      }
    }
    return commands
  }

  /// A command as a text shows it.
  struct Shown {
    let text: String
    /// True for a line that can be typed as it stands; in prose, a command or an option may be only named.
    let isWhole: Bool
  }

  /// Why a command line is not one of orch; nil if it is.
  ///
  /// Columns of remarks after two spaces are left out, and what follows a pipe or a comment sign.
  static func fault(in shown: Shown) -> String? {
    let command = shown.text
    let end = command.range(of: "  ") ?? command.range(of: " # ")
    let bare = end.map { String(command[..<$0.lowerBound]) } ?? command
    let words = shellWords(bare).dropFirst()
    if words.isEmpty || words.first == "…" { return nil }
    if words == ["help"] { return nil }
    do {
      _ = try OrchCommand.parseAsRoot(Array(words))
      return nil
    } catch {
      if OrchCommand.exitCode(for: error).isSuccess { return nil }
      let message = OrchCommand.message(for: error)
      let isNamed = ["Missing expected argument", "Missing value for"].contains(
        where: message.hasPrefix)
      return isNamed && !shown.isWhole ? nil : message
    }
  }

  /// Words as a shell splits them, with quotes; redirections and pipes end the command.
  static func shellWords(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else if "|><;&".contains(character) {
        break
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let done = word { words.append(done) }
    return words
  }
}

@Suite struct `Commands in texts` {
  private static func text(_ name: String) throws -> String {
    try String(contentsOfFile: BuiltProgram.sourceRoot + "/" + name, encoding: .utf8)
  }

  private static func faults(in name: String) throws -> [String] {
    CommandWords.commands(in: try text(name)).compactMap { command in
      CommandWords.fault(in: command).map { "\(command.text): \($0)" }
    }
  }

  @Test func `every command of the skill exists, with its options`() throws {
    let commands = CommandWords.commands(in: try Self.text("prompts/templates/seat.md"))
    #expect(commands.count > 25)
    #expect(try Self.faults(in: "prompts/templates/seat.md") == [])
  }

  @Test func `every command that workers are told exists`() throws {
    let folder = "prompts/templates"
    let names = try FileManager.default.contentsOfDirectory(
      atPath: BuiltProgram.sourceRoot + "/" + folder)
    #expect(names.count > 10)
    for name in names { #expect(try Self.faults(in: "\(folder)/\(name)") == [], "\(name)") }
  }

  @Test func `every command in a report, a hint or a help text exists`() throws {
    let sources = BuiltProgram.sourceRoot + "/Sources"
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources)
      .filter { $0.hasSuffix(".swift") }
    var count = 0
    for name in names {
      let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
      let code = text.components(separatedBy: "\n").filter {
        !$0.drop { $0 == " " }.hasPrefix("//")
      }.joined(separator: "\n")
      for piece in code.components(separatedBy: "'orch ").dropFirst() {
        let words = piece.prefix { $0 != "'" && $0 != "\n" }
        // Names and texts that are put in: any word will do.
        let filled = String(words).replacing(/\\\((?:[^()]|\([^()]*\))*\)/, with: "8d5c")
          .replacingOccurrences(of: "\\\"", with: "\"")
          .replacing("NUMBER", with: "7")
        let shown = CommandWords.Shown(text: "orch " + filled, isWhole: false)
        count += 1
        #expect(CommandWords.fault(in: shown) == nil, "\(name): \(shown.text)")
      }
    }
    #expect(count > 20)
  }

  @Test func `every command of the manual exists`() throws {
    let docs = try FileManager.default.contentsOfDirectory(
      atPath: BuiltProgram.sourceRoot + "/docs"
    ).filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }
    for name in docs + ["README.md"] {
      #expect(try Self.faults(in: name) == [], "\(name)")
    }
  }

  @Test func `a command or an option that does not exist is found`() {
    let text = """
      Run `orch task lst`, then `orch status --breif`, or `orch status`.

      ```
      orch task frobnicate 1   with a remark
      $ orch msg answer 8d5c one "x"
      ```
      """
    let commands = CommandWords.commands(in: text)
    #expect(commands.count == 5)
    #expect(commands.compactMap(CommandWords.fault).count == 4)
    let piped = CommandWords.Shown(text: "orch task add \"Fix it\" --label a | cat", isWhole: true)
    #expect(CommandWords.fault(in: piped) == nil)
    let named = CommandWords.Shown(text: "orch task show", isWhole: false)
    #expect(CommandWords.fault(in: named) == nil)
    #expect(
      CommandWords.fault(in: CommandWords.Shown(text: "orch task show", isWhole: true)) != nil)
  }
}
