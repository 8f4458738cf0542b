/// What is asked for in GraphQL; each field is in GitHub's published schema, which a test checks.
enum Selection {
  /// Pull requests of one query; an answer of GitHub must not take longer than ten seconds.
  static let batch = 20
  /// Reviews and review threads of one page.
  static let page = 50
  /// Comments of a review thread that come with it.
  static let threadPage = 20
  /// Contexts of one page.
  static let contexts = 100

  /// Of a comment.
  static let comment = """
    databaseId body url createdAt updatedAt authorAssociation includesCreatedEdit isMinimized
    viewerDidAuthor author { login }
    """

  /// Of the checks of a head.
  static func checks(of number: Int, after cursor: String = "") -> String {
    """
    commits(last: 1) { nodes { commit { oid statusCheckRollup {
      contexts(first: \(contexts)\(cursor.isEmpty ? "" : ", after: $cursor")) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes {
          __typename
          ... on CheckRun {
            databaseId name status conclusion startedAt completedAt detailsUrl title summary
            isRequired(pullRequestNumber: \(number))
            checkSuite { workflowRun { databaseId workflow { name } } }
          }
          ... on StatusContext {
            context state description targetUrl createdAt
            isRequired(pullRequestNumber: \(number))
          }
        }
      }
    } } } }
    """
  }

  /// The newest reviews, or those before a cursor.
  static func reviews(before cursor: String = "") -> String {
    """
    reviews(last: \(page)\(cursor.isEmpty ? "" : ", before: $cursor")) {
      totalCount pageInfo { hasPreviousPage startCursor } nodes {
        databaseId state body submittedAt createdAt authorAssociation includesCreatedEdit
        viewerDidAuthor author { login } commit { oid }
      }
    }
    """
  }

  /// The newest review threads, or those before a cursor.
  static func threads(before cursor: String = "") -> String {
    """
    reviewThreads(last: \(page)\(cursor.isEmpty ? "" : ", before: $cursor")) {
      totalCount pageInfo { hasPreviousPage startCursor } nodes {
        id isResolved isOutdated path line \(threadComments(first: threadPage))
      }
    }
    """
  }

  /// The comments of a review thread, or those after a cursor.
  static func threadComments(first count: Int, after cursor: String = "") -> String {
    """
    comments(first: \(count)\(cursor.isEmpty ? "" : ", after: $cursor")) {
      totalCount pageInfo { hasNextPage endCursor } nodes { \(comment) }
    }
    """
  }

  /// Of a pull request that is looked at.
  static func look(_ number: Int) -> String {
    """
    number title body url state isDraft locked updatedAt authorAssociation
    author { login }
    headRefName headRefOid headRef { name } headRepository { nameWithOwner }
    baseRefName baseRef { target { oid } }
    mergeStateStatus reviewDecision isInMergeQueue mergeCommit { oid }
    labels(first: \(ForgeLimits.labels)) { totalCount nodes { name } }
    \(checks(of: number))
    \(reviews())
    \(threads())
    comments(last: \(ForgeLimits.comments)) { totalCount nodes { \(comment) } }
    """
  }

  /// Of all open pull requests, in a pulse: what no free request can tell.
  static let pulse = """
    number headRefOid mergeStateStatus reviewDecision isInMergeQueue
    commits(last: 1) { nodes { commit { statusCheckRollup {
      state
      contexts(first: 1) {
        totalCount
        checkRunCountsByState { state count }
        statusContextCountsByState { state count }
      }
    } } } }
    """
}
