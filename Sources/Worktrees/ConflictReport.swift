public import Git2

/// Why a path could not be merged.
public enum ConflictKind: String, Sendable, Hashable, CaseIterable {
  /// Both sides changed the same lines.
  case content
  /// One side removed what the other changed.
  case deleteModify = "delete/modify"
  /// Both sides added it, differently.
  case addAdd = "add/add"
  /// Both sides changed a file that is not text.
  case binary
  /// Both sides changed what it is: file, link, submodule, executable.
  case mode
  /// Both sides moved a submodule.
  case submodule
  /// Both sides changed a symbolic link.
  case link = "symbolic link"
  /// The sides gave one file two names, or two files one name.
  case rename
  /// One side renamed what the other removed.
  case renameDelete = "rename/delete"
  /// One side moved a folder in which the other added files.
  case folder = "folder moved or removed"
  /// It is a file on one side and a folder on the other.
  case fileFolder = "file/folder"
}

/// One side of a conflict: what stands where.
public struct ConflictSide: Sendable, Hashable {
  /// Its path on that side; differs between the sides after a rename.
  public let path: String
  /// The mode, as in a tree object.
  public let mode: UInt32
  /// The content.
  public let id: ObjectID
}

/// A place of a file in which the sides differ.
public struct ConflictHunk: Sendable, Hashable {
  /// The lines of the common ancestor, counted from 1; empty if nothing was there.
  public let baseLines: Range<Int>
  /// The lines of the side that the change is brought onto, counted from 1.
  public let oursLines: Range<Int>
  /// The lines of the change, counted from 1.
  public let theirsLines: Range<Int>
  /// The ancestor's text.
  public let baseText: String
  /// The text of the side that the change is brought onto.
  public let oursText: String
  /// The change's text.
  public let theirsText: String
}

/// A path that needs a decision.
public struct ConflictFile: Sendable, Hashable {
  /// The longest text with markers that is kept, in bytes.
  public static let maximumTextBytes = 16 * 1024

  /// Its path; bytes that are not UTF-8 are replaced.
  public let path: String
  /// Why.
  public let kind: ConflictKind
  /// One sentence for a person; empty where the kind says it all.
  public let detail: String
  /// The common ancestor's version.
  public let base: ConflictSide?
  /// The version of the side that the change is brought onto.
  public let ours: ConflictSide?
  /// The change's version.
  public let theirs: ConflictSide?
  /// The places in conflict, if it is text.
  public let hunks: [ConflictHunk]
  /// The merged text with conflict markers, if it is text; cut off after `maximumTextBytes`.
  public let text: String?
  /// Commits of the base, newest first, that changed the file since the branch left it.
  public var baseCommits: [ObjectID] = []

  /// The same with the places in conflict, but without what stands there.
  var withoutTexts: ConflictFile {
    let places = hunks.map { hunk in
      ConflictHunk(
        baseLines: hunk.baseLines, oursLines: hunk.oursLines, theirsLines: hunk.theirsLines,
        baseText: "", oursText: "", theirsText: "")
    }
    return ConflictFile(
      path: path, kind: kind, detail: detail, base: base, ours: ours, theirs: theirs,
      hunks: places, text: nil, baseCommits: baseCommits)
  }
}

/// Where and why a branch does not fit onto a base.
public struct ConflictReport: Sendable, Hashable {
  /// The first commit that does not fit; nil for a merge of heads.
  public let commit: ObjectID?
  /// Its subject.
  public let subject: String
  /// The paths in conflict.
  public let files: [ConflictFile]
  /// What the commit was to be put on: the base, or the last commit of the branch that fitted.
  public let tip: ObjectID?
  /// The commits before it that were kept, in order.
  public let done: [ObjectID]
  /// The new commits of those.
  public let mapping: [ObjectID: ObjectID]
  /// The commits after it, in order, without merges.
  public let remaining: [ObjectID]

  /// All parts.
  public init(
    commit: ObjectID?, subject: String, files: [ConflictFile], tip: ObjectID? = nil,
    done: [ObjectID] = [], mapping: [ObjectID: ObjectID] = [:], remaining: [ObjectID] = []
  ) {
    self.commit = commit
    self.subject = subject
    self.files = files
    self.tip = tip
    self.done = done
    self.mapping = mapping
    self.remaining = remaining
  }
}
