/// How long a silent host keeps its claims, and what follows from that number.
///
/// The fractions leave half of the lifetime between the last instant at which a host works and the first
/// at which another may take over: room for clocks that run apart, and for checks that come late.
public struct ClaimTiming: Sendable, Hashable {
  /// The shortest lifetime that is used or believed, in milliseconds.
  public static let minimumLifetime = 1_000
  /// The longest lifetime that is used or believed, in milliseconds: 30 days, as in the settings.
  public static let maximumLifetime = 2_592_000_000
  /// Heartbeats in one lifetime (10 min and 150 s).
  public static let beatsPerLifetime = 4
  /// The part of a lifetime after which a host without a confirmed heartbeat stops working, in tenths.
  public static let fenceTenths = 6
  /// The part of a lifetime that a heartbeat must have stood still to be given up, in tenths.
  public static let expiryTenths = 12
  /// The successful reads, each a heartbeat's interval apart, that must have seen it stand still.
  public static let minimumReads = 3
  /// How long a closed claim stays, in milliseconds: 7 days, longer than any replica or host is behind.
  public static let retention = 7 * 86_400_000

  /// For remotes on the internet: 10 minutes, a heartbeat each 150 s.
  public static let wide = ClaimTiming(lifetime: 600_000)
  /// For remotes in the same network: 1 minute, a heartbeat each 15 s.
  public static let local = ClaimTiming(lifetime: 60_000)

  /// The lifetime of a heartbeat (TTL), in milliseconds.
  public let lifetime: Int

  /// A timing by its lifetime in milliseconds; brought into the allowed range.
  public init(lifetime: Int) {
    self.lifetime = min(max(lifetime, Self.minimumLifetime), Self.maximumLifetime)
  }

  /// Between two heartbeats, in milliseconds.
  public var beat: Int { lifetime / Self.beatsPerLifetime }
  /// From the start of the last confirmed heartbeat to the end of all work, in milliseconds.
  public var fence: Int { lifetime * Self.fenceTenths / 10 }
  /// From the first sight of a heartbeat to the first instant at which it may be given up, in milliseconds.
  public var expiry: Int { lifetime * Self.expiryTenths / 10 }
}
