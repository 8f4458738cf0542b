/// What one cheap look at all open pull requests saw.
public struct Survey: Sendable, Hashable {
  /// Open pull requests that are new or moved: these are worth a look.
  public var changed: [Int]
  /// Pull requests that were open at the last survey and are not any more.
  public var ended: [Int]
  /// All open pull requests, by number.
  public var open: [Int]
  /// True if there are more open ones than `ForgeLimits.pullRequests`.
  public var isCut: Bool
  /// What the next survey compares with.
  public var memory: SurveyMemory
}

/// What a survey saw, for the next to compare with; to be kept after its changes were dealt with.
public struct SurveyMemory: Sendable, Hashable {
  /// What is remembered of one pull request.
  struct Entry: Sendable, Hashable {
    /// What the list said.
    var listed = ""
    /// What the pulse said: mergeability, checks, review decision.
    var pulse = ""
    /// True if the forge had nothing left to say.
    var isSettled = false
  }

  /// By number.
  var entries: [Int: Entry] = [:]
  /// When checks and mergeability were last asked for, in milliseconds since 1970.
  var pulseAt: Int?

  /// Nothing was seen yet: the first survey reports every open pull request.
  public init() {}

  /// Makes the next survey report a pull request again, moved or not.
  public mutating func forget(_ number: Int) { entries[number] = nil }

  /// Makes the next survey ask for checks and mergeability, whatever its pace.
  public mutating func expectNews() { pulseAt = nil }
}

/// How often a survey asks for what no free request can tell: checks and mergeability.
public struct SurveyPace: Sendable, Hashable {
  /// While a check runs or mergeability is being computed somewhere, in seconds.
  public var unsettledSeconds: Int
  /// While nothing is pending, in seconds.
  public var settledSeconds: Int

  /// Half a minute, and five minutes.
  public init(unsettledSeconds: Int = 30, settledSeconds: Int = 300) {
    self.unsettledSeconds = unsettledSeconds
    self.settledSeconds = settledSeconds
  }
}
