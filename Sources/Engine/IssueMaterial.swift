/// A linked issue as a prompt shows it.
public struct IssueMaterial: Sendable, Hashable {
  /// Something that was written there, by people whom orch does not know.
  public struct Remark: Sendable, Hashable {
    /// The login.
    public var author: String
    /// What the author is to the repository: "owner", "none".
    public var association: String
    /// The text.
    public var text: String

    /// All parts.
    public init(author: String, association: String, text: String) {
      self.author = author
      self.association = association
      self.text = text
    }
  }

  /// Its number.
  public var number: Int
  /// Its title.
  public var title: String
  /// Its text, then its comments, oldest first.
  public var remarks: [Remark]
  /// True if it has more comments than are here.
  public var isCut: Bool

  /// All parts.
  public init(number: Int, title: String, remarks: [Remark], isCut: Bool = false) {
    self.number = number
    self.title = title
    self.remarks = remarks
    self.isCut = isCut
  }
}
