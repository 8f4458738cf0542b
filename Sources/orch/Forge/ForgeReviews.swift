internal import Forge

extension Review {
  /// What it asks for, as the workflow names it; nil if it asks for nothing.
  func verdict(hasThread: Bool) -> String? {
    switch state {
    case .approved: "approved"
    case .changesRequested: "changes_requested"
    case .commented: body.isEmpty && !hasThread ? nil : "commented"
    case .dismissed, .pending: nil
    }
  }
}

extension Review {
  /// True if orch posted it.
  var isOwn: Bool { KeyedText.key(of: body) != nil }

  /// Its name among remarks.
  var remarkName: String { "review-\(id)" }
}

extension Comment {
  /// Its name among remarks.
  var remarkName: String { "comment-\(id)" }
}
