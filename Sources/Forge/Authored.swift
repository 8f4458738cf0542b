/// Who wrote a text, and whether it is still that text: what trust in it is decided by.
public struct Authored: Sendable, Hashable {
  /// The login; empty if the account is gone.
  public var author: String
  /// What the author is to the repository.
  public var association: AuthorAssociation
  /// True if it was changed after it was written; nil if the forge does not say.
  public var isEdited: Bool?
  /// When it was written, in milliseconds since 1970.
  public var createdAt: Int
  /// True if the account that orch uses wrote it; false too where the forge was not asked.
  public var isByViewer = false

  /// All parts.
  public init(
    author: String, association: AuthorAssociation, isEdited: Bool? = false, createdAt: Int = 0
  ) {
    self.author = author
    self.association = association
    self.isEdited = isEdited
    self.createdAt = createdAt
  }

  /// True if the text may be acted on: by someone who belongs to the repository, and never edited.
  public var isTrusted: Bool { association.belongs && isEdited == false }
}

/// What an author is to the repository, as GitHub's `CommentAuthorAssociation` says it.
public enum AuthorAssociation: String, Sendable, Hashable, CaseIterable {
  /// Owns it.
  case owner = "OWNER"
  /// Belongs to the organisation that owns it.
  case member = "MEMBER"
  /// Was invited to work on it.
  case collaborator = "COLLABORATOR"
  /// Has a commit in it.
  case contributor = "CONTRIBUTOR"
  /// Has none so far.
  case firstTimeContributor = "FIRST_TIME_CONTRIBUTOR"
  /// Has none anywhere so far.
  case firstTimer = "FIRST_TIMER"
  /// A placeholder for somebody who has no account any more.
  case mannequin = "MANNEQUIN"
  /// Nothing.
  case none = "NONE"

  /// True for owners, members and collaborators.
  public var belongs: Bool {
    switch self {
    case .owner, .member, .collaborator: true
    case .contributor, .firstTimeContributor, .firstTimer, .mannequin, .none: false
    }
  }
}

/// A comment on an issue, a pull request, or in a review thread.
public struct Comment: Sendable, Hashable, Identifiable {
  /// The forge's number of it.
  public var id: Int
  /// Who wrote it.
  public var by: Authored
  /// The text, Markdown.
  public var body: String
  /// Its web page.
  public var url: String
  /// True if a person hid it (spam, off topic, outdated).
  public var isHidden: Bool

  /// All parts.
  public init(id: Int, by: Authored, body: String, url: String = "", isHidden: Bool = false) {
    self.id = id
    self.by = by
    self.body = body
    self.url = url
    self.isHidden = isHidden
  }
}
