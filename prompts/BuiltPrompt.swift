/// One part of a prompt, as it was put in.
public struct PromptPart: Sendable, Equatable {
  /// Which part.
  public let name: PromptPartName
  /// Its size in the prompt, in bytes; 0 if there was no room for any of it.
  public let bytes: Int
  /// Whether something of it was left out.
  public let isCut: Bool
  /// The file that holds all of a cut part, as the prompt names it.
  public let restFile: String?
}

/// A finished prompt.
public struct BuiltPrompt: Sendable, Equatable {
  /// The text.
  public let text: String
  /// Its parts in their order.
  public let parts: [PromptPart]
  /// Files to be written in the folder of exchanged files: the whole of each cut part by file name.
  public let spill: [String: String]
}
