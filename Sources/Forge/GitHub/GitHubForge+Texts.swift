internal import JSON

extension Comment {
  /// Reads a comment outside reviews: one whose time of change differs was edited.
  ///
  /// Comments of reviews are published after they are written, so this says nothing of those.
  init(conversation reader: AnswerReader) throws(ForgeError) {
    try self.init(graphql: reader)
    if let created = reader.time("createdAt"), reader.time("updatedAt") ?? 0 > created {
      by.isEdited = true
    }
  }

  /// Reads GraphQL's comments of any kind.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(
      id: try reader.number("databaseId"), by: Authored(graphql: reader), body: reader.text("body"),
      url: reader.optionalName("url") ?? "", isHidden: reader.flag("isMinimized"))
  }
}

extension Authored {
  /// Reads what all of GraphQL's comments have in common.
  ///
  /// `includesCreatedEdit` is what GitHub's own clients show "edited" by.
  init(graphql reader: AnswerReader) {
    self.init(
      author: reader.part("author")?.optionalName("login") ?? "",
      association: reader.word("authorAssociation", or: .none),
      isEdited: reader.flag("includesCreatedEdit"),
      createdAt: reader.time("submittedAt") ?? reader.time("createdAt") ?? 0)
    isByViewer = reader.flag("viewerDidAuthor")
  }
}

extension Review {
  /// Reads GraphQL's `PullRequestReview`.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(
      id: try reader.number("databaseId"), by: Authored(graphql: reader),
      state: reader.word("state", or: .commented), body: reader.text("body"),
      commit: try reader.part("commit")?.commit("oid"))
  }
}

extension ReviewThread {
  /// Reads GraphQL's `PullRequestReviewThread`.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(
      id: ID(try reader.name("id")), isResolved: reader.flag("isResolved"),
      isOutdated: reader.flag("isOutdated"), path: try reader.name("path"),
      line: reader.optionalNumber("line"),
      comments: try reader.nodes("comments", Comment.init(graphql:)))
  }
}
