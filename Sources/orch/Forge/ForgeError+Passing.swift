public import Engine
public import Forge

extension ForgeError: PassingError {
  /// When the forge may be asked again, in milliseconds since 1970, if it sets limits; nil otherwise.
  public var waitsUntil: Int? {
    if case .limited(_, let until) = self { until } else { nil }
  }

  /// True if whatever is asked is refused, until a person mends orch's access.
  public var isOfAccount: Bool {
    switch self {
    case .app, .noToken, .tokenRefused, .needsSingleSignOn: true
    default: false
    }
  }

  /// True if what it is about is not there, or cannot be seen.
  var isNotFound: Bool {
    if case .notFound = self { true } else { false }
  }

  /// True if the forge does not take this from this account: asking again does not help.
  var isDenial: Bool {
    switch self {
    case .refused, .notAllowed, .notFound: true
    default: false
    }
  }
}
