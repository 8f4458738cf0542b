internal import JSON

/// One request to GitHub.
struct GitHubRequest: Sendable {
  /// `GET`, `POST`, ...
  var method = "GET"
  /// The absolute URL.
  var url: String
  /// The body.
  var body: JSONValue?
  /// What is done, for messages: "open a pull request".
  var call: String
  /// Which budget it may use.
  var purpose: CallPurpose
  /// True if doing it twice is the same as doing it once.
  var isRepeatable: Bool
  /// True if it makes something that people are told of.
  var isCreating = false
  /// The primary limit that it counts for.
  var resource = APIResource.core
  /// Statuses that the caller reads besides those of success.
  var accepted: Set<Int> = []
  /// The ETag of an answer that is known already.
  var etag: String?

  /// What the budget is asked for.
  var demand: BudgetLedger.Demand {
    BudgetLedger.Demand(
      purpose: purpose, resource: resource, isWriting: method != "GET" && !isQuery,
      isCreating: isCreating)
  }

  private var isQuery: Bool { resource == .graphql && isRepeatable }
}

/// The `Link` header of paged lists (RFC 8288).
enum LinkHeader {
  /// The target with this relation.
  static func target(_ relation: String, in header: String) -> String? {
    for part in header.split(separator: ",") {
      guard let start = part.firstIndex(of: "<"), let end = part.firstIndex(of: ">"), start < end
      else { continue }
      let isIt = part[end...].split(separator: ";").contains {
        let words = $0.filter { $0 != " " && $0 != "\"" }
        return words == "rel=\(relation)"
      }
      if isIt { return String(part[part.index(after: start)..<end]) }
    }
    return nil
  }
}
