internal import Forge

extension Review {
  /// What it asks for, as the workflow names it; nil if it asks for nothing.
  func verdict(hasThread: Bool) -> String? {
    switch state {
    case .approved: "approved"
    case .changesRequested: "changes_requested"
    // Orders are obeyed, not answered.
    case .commented:
      (body.isEmpty || CommentOrders.isOnlyOrders(body)) && !hasThread ? nil : "commented"
    case .dismissed, .pending: nil
    }
  }

  /// The key by which orch posted it under its own account; nil if it did not.
  var ownKey: String? { by.ownKey(of: body) }

  /// True if it ends with a mark of orch's under another account: that of another machine, or a copied one.
  ///
  /// Either way it is no person's consent; what it objects to is to be answered all the same.
  var isMarkedByAnother: Bool { !by.isByViewer && KeyedText.key(of: body) != nil }

  /// Its name among remarks.
  var remarkName: String { "review-\(id)" }
}

extension Comment {
  /// The key by which orch posted it under its own account; nil if it did not.
  var ownKey: String? { by.ownKey(of: body) }

  /// Its name among remarks.
  var remarkName: String { "comment-\(id)" }
}

extension Authored {
  /// The key of a text of theirs if orch wrote it: orch may use a person's account, and anybody can copy a mark.
  func ownKey(of text: String) -> String? { isByViewer ? KeyedText.key(of: text) : nil }
}
