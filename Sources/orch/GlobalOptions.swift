internal import ArgumentParser

/// The flags that every command has.
struct GlobalOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON document instead of text.")
  var json = false

  @Flag(name: .long, help: "Print results only.")
  var quiet = false

  @Option(
    name: .customShort("C"),
    help: ArgumentHelp("Run as if started in this folder.", valueName: "dir"))
  var directory: String?

  /// The folder that the command looks from.
  var folder: String { directory ?? Session.currentFolder }
}

extension GlobalOptions {
  /// The words of a command line with the global flags that stand before the command behind it, where they are
  /// known: `orch -C dir task list` is `orch task list -C dir`.
  static func movedBehindCommand(_ words: [String]) -> [String] {
    var flags: [String] = []
    var rest = words[...]
    while let word = rest.first {
      if word == "-C", rest.count > 1 {
        flags += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else if word == "--json" || word == "--quiet" {
        flags.append(word)
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    guard !flags.isEmpty else { return words }
    var known: [any ParsableCommand.Type] = OrchCommand.configuration.subcommands
    var command: [String] = []
    while let word = rest.first,
      let found = known.first(where: { $0.configuration.commandName == word })
    {
      command.append(word)
      rest = rest.dropFirst()
      known = found.configuration.subcommands
    }
    return command.isEmpty ? words : command + flags + rest
  }
}
