/// A pull request that a person opened, as its place knows it.
public struct FoundPullRequest: Sendable, Hashable {
  /// Its name there.
  public var id: String
  /// Its web page.
  public var url: String?
  /// One line.
  public var title: String
  /// Who opened it; empty if that is not known.
  public var author = ""
  /// What its author says of it: somebody else's words.
  public var text = ""
  /// The branch with the work.
  public var branch: String
  /// The branch that it is to be merged into; nil if the place leaves that to the settings.
  public var base: String?
  /// When something happened to it last, by the place's clock, in milliseconds since 1970.
  public var updatedAt = 0
  /// Why nothing may be done to it, for a person; nil if it may be watched.
  public var obstacle: String?
  /// Remarks about earlier heads, by their names: whoever pushed since has read them.
  public var oldRemarks: [String] = []

  /// An open pull request of a branch.
  public init(id: String, title: String, branch: String) {
    self.id = id
    self.title = title
    self.branch = branch
  }
}
