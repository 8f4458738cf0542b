/// A request of whoever reached the listener: nothing of it is believed before it is judged.
public struct WebhookRequest: Sendable {
  /// `POST`, ...
  public var method: String
  /// The path, without a query.
  public var path: String
  /// All values by lower-case name.
  public var headers: [String: [String]]
  /// The body as it was sent: the signature is of these bytes.
  public var body: [UInt8]
  /// The address that it came from; a proxy's, if there is one.
  public var sender: String?

  /// All parts.
  public init(
    method: String, path: String, headers: [String: [String]], body: [UInt8] = [],
    sender: String? = nil
  ) {
    self.sender = sender
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
  }

  /// The value of a header that was sent once; of two, nobody says which counts.
  func header(_ name: String) -> String? {
    let values = headers[name] ?? []
    return values.count == 1 ? values[0] : nil
  }
}

/// What a request is answered.
public struct WebhookReply: Sendable, Hashable {
  /// The status code.
  public var status: Int
  /// A line for whoever looks at the deliveries on the forge's page.
  public var text: String

  /// All parts.
  public init(_ status: Int, _ text: String) {
    self.status = status
    self.text = text
  }
}

/// One delivery of a webhook: what it says it is about, and nothing of what it says happened.
public struct WebhookDelivery: Sendable, Hashable {
  /// The forge's name of the delivery: the same when it is sent again.
  public var id: String
  /// The kind of event: `pull_request`, ...
  public var event: String
  /// What of that kind: `opened`, ...; nil if it has none.
  public var action: String?
  /// The repository, `owner/name`; nil if it is about none.
  public var repository: String?
  /// The signature's digits: who changes the delivery's name cannot change these.
  public var code: String

  /// All parts.
  public init(
    id: String, event: String, action: String? = nil, repository: String? = nil, code: String = ""
  ) {
    self.id = id
    self.event = event
    self.action = action
    self.repository = repository
    self.code = code
  }

  /// What it is, for the log: `pull_request opened of acme/demo (72d3162e)`.
  public var words: String {
    let what = action.map { "\(event) \($0)" } ?? event
    let whose = repository.map { " of \($0)" } ?? ""
    return "\(what)\(whose) (\(id.prefix(8)))"
  }
}
