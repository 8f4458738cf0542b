public import Engine
public import Forge

extension ForgeError: PassingError {
  /// True for limits, connections and faults of the server.
  public var passes: Bool {
    switch self {
    case .limited, .unreachable, .interrupted, .timedOut, .serverFault: true
    case .configuration, .noToken, .tokenRefused, .notAllowed, .needsSingleSignOn, .notFound,
      .archived, .refused, .invalidAnswer, .movedElsewhere, .tooLarge, .cancelled:
      false
    }
  }
}
