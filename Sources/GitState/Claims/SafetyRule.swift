/// The rules that keep two hosts from doing one task; tests switch each off to see that it is needed.
package enum SafetyRule: String, Sendable, Hashable, CaseIterable {
  /// A claim moves only from the value that was read.
  case compareAndSwap
  /// Durations are of a clock that is never set.
  case monotonicClock
  /// That clock goes on while the machine sleeps.
  case clockCountsSleep
  /// A push without an answer is looked up, never believed.
  case neverAssume
  /// A renewal whose answer was lost is known again when the arbiter shows it.
  case lostRenewals
  /// Whoever wins looks at the newest state before working.
  case verifyAfterWinning
  /// A host stops before others may take over.
  case selfFence
  /// The fence counts from the start of a heartbeat's push, not from its answer.
  case fenceFromStart
  /// A fenced host works again only after it has moved each claim itself.
  case renewBeforeResuming
  /// A heartbeat is given up after more than the longest time that its host works.
  case longObservation
  /// A heartbeat is given up only after several reads that are apart.
  case severalReads
  /// Before a claim is taken, its host's heartbeat is ended by compare-and-swap.
  case endHeartbeatFirst
  /// An ended heartbeat frees the claims of the incarnations that it ends, and no later ones.
  case incarnations
  /// The lifetime that counts is the one that the heartbeat's host works by.
  case ownersLifetime
  /// A host whose heartbeat was replaced by a stranger's gives its name up.
  case oneHostPerName
  /// Claims of an earlier process of the same name are continued only when that one surely is over.
  case predecessorIsOver
  /// A closed claim is followed only by hosts whose state knows how it ended.
  case stateCaughtUp
  /// A result is accepted only together with the claim.
  case fencedFinish
  /// Without atomic pushes the claim's token is in the state at the arbiter before work begins.
  case recordBeforeWorking
  /// Closed claims stay for a while.
  case retention
}
