public import Engine
public import Forge

extension ForgeError: PassingError {
  /// True for what the forge is over by itself.
  public var passes: Bool {
    switch self {
    case .limited, .unreachable, .interrupted, .timedOut, .serverFault: true
    case .configuration, .noToken, .tokenRefused, .notAllowed, .needsSingleSignOn, .notFound,
      .archived, .refused, .invalidAnswer, .movedElsewhere, .tooLarge, .cancelled:
      false
    }
  }
}
