internal import ArgumentParser
internal import JSON

/// The manual pages, made from the commands themselves: one for orch, and one for each command with all below it.
enum ManualPages {
  /// The pages by file name: `orch.1`, `orch-task.1`.
  static func all(version: String) throws -> [String: String] {
    let root = try JSONValue(parsing: OrchCommand._dumpHelp())["command"] ?? .null
    var pages: [String: String] = ["orch.1": overview(root, version)]
    for command in subcommands(of: root) {
      let name = command["commandName"]?.string ?? ""
      pages["orch-\(name).1"] = page(command, version)
    }
    return pages
  }

  private static func subcommands(of command: JSONValue) -> [JSONValue] {
    (command["subcommands"]?.array ?? []).filter {
      $0["shouldDisplay"]?.bool != false && $0["commandName"]?.string != "help"
    }
  }

  private static func overview(_ root: JSONValue, _ version: String) -> String {
    var lines = head("orch", root, version)
    lines += [".SH SYNOPSIS", ".B orch", ".I command", "[options]"]
    lines += [".SH DESCRIPTION"] + paragraph(root["discussion"]?.string)
    lines.append(".SH COMMANDS")
    for command in subcommands(of: root) {
      let name = command["commandName"]?.string ?? ""
      lines += [
        ".TP", ".BR orch\\-\(escaped(name)) (1)", escaped(command["abstract"]?.string ?? ""),
      ]
    }
    lines += [".SH EXIT STATUS"] + exitCodes
    lines += [".SH FILES"] + files
    return lines.joined(separator: "\n") + "\n"
  }

  private static func page(_ command: JSONValue, _ version: String) -> String {
    let name = command["commandName"]?.string ?? ""
    var lines = head("orch-\(name)", command, version)
    lines.append(".SH SYNOPSIS")
    let below = subcommands(of: command)
    let all =
      below.isEmpty
      ? [("orch \(name)", command)]
      : below.map { child in
        ("orch \(name) \(child["commandName"]?.string ?? "")", child)
      }
    for (index, (words, command)) in all.enumerated() {
      if index > 0 { lines.append(".br") }
      lines += synopsis(words, command)
    }
    lines +=
      [".SH DESCRIPTION"] + paragraph(command["discussion"]?.string ?? command["abstract"]?.string)
    if below.isEmpty {
      lines += [".SH OPTIONS"] + arguments(of: command)
    } else {
      lines.append(".SH COMMANDS")
      for (words, command) in all {
        lines += [".SS \(escaped(words))", escaped(command["abstract"]?.string ?? "")]
        lines += paragraph(command["discussion"]?.string) + arguments(of: command)
      }
    }
    lines += [".SH SEE ALSO", ".BR orch (1)"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func head(_ name: String, _ command: JSONValue, _ version: String) -> [String] {
    [
      ".TH \(name.uppercased()) 1 \"\" \"orch \(version)\"", ".SH NAME",
      "\(escaped(name)) \\- \(escaped(command["abstract"]?.string ?? ""))",
    ]
  }

  private static func synopsis(_ words: String, _ command: JSONValue) -> [String] {
    let shown = (command["arguments"]?.array ?? []).filter(isShown)
    let values = shown.filter { $0["kind"]?.string == "positional" }.map { argument in
      let name = escaped((argument["valueName"]?.string ?? "").uppercased())
      let dots = argument["isRepeating"]?.bool == true ? "..." : ""
      return argument["isOptional"]?.bool == true ? "[\(name)]\(dots)" : name + dots
    }
    let options = shown.count > values.count ? " [options]" : ""
    return ["\\fB\(escaped(words))\\fR" + options + values.map { " " + $0 }.joined()]
  }

  private static func isShown(_ argument: JSONValue) -> Bool {
    argument["shouldDisplay"]?.bool != false && argument["valueName"]?.string != "help"
  }

  private static func arguments(of command: JSONValue) -> [String] {
    (command["arguments"]?.array ?? []).filter(isShown).flatMap { argument in
      let value = escaped((argument["valueName"]?.string ?? "").uppercased())
      var name = value
      if argument["kind"]?.string != "positional" {
        let names = (argument["names"]?.array ?? []).map { name -> String in
          let text = escaped(name["name"]?.string ?? "")
          return name["kind"]?.string == "long" ? "\\-\\-\(text)" : "\\-\(text)"
        }
        name = names.joined(separator: ", ")
        if argument["kind"]?.string == "option" { name += " \\fI\(value)\\fB" }
      }
      var text = escaped(argument["abstract"]?.string ?? "")
      if let standard = argument["defaultValue"]?.string {
        text += " (default: \(escaped(standard)))"
      }
      return [".TP", "\\fB\(name)\\fR", text]
    }
  }

  private static func paragraph(_ text: String?) -> [String] {
    guard let text, !text.isEmpty else { return [] }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return [".PP"] + lines.map { $0.isEmpty ? ".PP" : escaped(String($0)) }
  }

  /// A text in which roff sees no request, no escape and no hyphen that is a minus.
  static func escaped(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var escaped = ""
      for character in line {
        switch character {
        case "\\": escaped += "\\e"
        case "-": escaped += "\\-"
        case "'": escaped += "\\(aq"
        default: escaped.append(character)
        }
      }
      return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
    return lines.joined(separator: "\n")
  }

  private static let exitCodes = [
    "0 done; 1 could not, and the report says what to do; 64 usage; 70 a fault in orch; 75 busy, try again;",
    "130 interrupted.",
  ]
  private static let files = [
    ".TP", ".I .orch.yml", "The repository\\(aqs configuration.",
    ".TP", ".I ~/.config/orch/config.yml", "Your own, for all repositories.",
    ".TP", ".I refs/orch/state", "Tasks, lessons and their history; refs/orchestrator leads there.",
  ]
}

/// The command `orch manual`: what `make install` puts in its places.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Write the manual pages and the shells' completions into a folder.",
    shouldDisplay: false)

  @Argument(help: "A folder like /usr/local/share; folders below it are made.") var folder: String
  @OptionGroup var global: GlobalOptions

  func run() throws {
    let root = folder.hasPrefix("/") ? folder : "\(Session.currentFolder)/\(folder)"
    var written: [String] = []
    func write(_ path: String, _ text: String) throws {
      let place = "\(root)/\(path)"
      try TextFile.makeFolders(of: place)
      try TextFile.replace(place, text)
      written.append(place)
    }
    for (name, page) in try ManualPages.all(version: Version.text).sorted(by: { $0.key < $1.key }) {
      try write("man/man1/\(name)", page)
    }
    let places: [(CompletionShell, String)] = [
      (.bash, "bash-completion/completions/orch"), (.zsh, "zsh/site-functions/_orch"),
      (.fish, "fish/vendor_completions.d/orch.fish"),
    ]
    for (shell, path) in places { try write(path, OrchCommand.completionScript(for: shell)) }
    if global.json { return Output.print(.texts(written)) }
    if !global.quiet { for path in written { Output.print(path) } }
  }
}
