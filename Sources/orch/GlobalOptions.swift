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
