public import GitState

/// What a sync did.
public struct SyncReport: Sendable, Hashable {
  /// The joins, in order; none if the remote had nothing new.
  public var joins: [JoinReport] = []
  /// The references that were pushed.
  public var pushed: [String] = []
  /// How often another machine was faster.
  public var tries = 0
  /// True if the remote no longer has what it had at the last look: someone set it back, or deleted it.
  public var isRewound = false
  /// False if another remote keeps the claims, or this one has lost its mark.
  public var keepsClaims = true
  /// Why the remote's notes were neither joined nor pushed over; nil if nothing is wrong with them.
  public var notesProblem: String?
  /// What is wrong with this machine's notes, which were neither joined nor pushed; nil if nothing is.
  public var ownNotesProblem: String?
  /// The checkpoints that could not be brought to the remote, by reference, each with why.
  public var keptHere: [String: String] = [:]
  /// What the remote said when it last refused a push.
  public var refusal: String?

  /// True if the notes of one side are left alone.
  var hasNotesProblem: Bool { notesProblem != nil || ownNotesProblem != nil }

  /// True if the state was not pushed, because the remote's holds what no repository should fetch.
  public var isHeldBack: Bool { joins.last?.isTainted == true && !mayPush }

  /// False if a push of the state would take away from the remote what it has, or our state is all in the remote's.
  var mayPush: Bool { joins.last?.containsFetched != false }

  /// What of the remote's state was kept out: path and reason.
  public var keptOut: [String] {
    joins.flatMap(\.findings).map { "\($0.path): \(FindingText.words($0.reason))" }
  }

  /// A sync that did nothing so far.
  init() {}

  /// Tasks that are not what they were here.
  public var changedTasks: [String] {
    Set(joins.flatMap(\.changed).filter { $0.collection == .tasks }.map(\.id.text)).sorted()
  }

  /// What became of the state and of checkpoints at a remote that a person should hear of, a line each.
  public func news(of remote: String) -> [String] {
    var news = keptHere.sorted { $0.key < $1.key }.map { name, reason in
      let task = name.dropFirst(RefLayout.workInProgress.count).prefix(6)
      return
        "work in progress of \(task) stays on this machine: '\(remote)' did not take it (\(reason))"
    }
    if isRewound {
      news.append("'\(remote)' had lost a part of the state: it gets everything again from here")
    }
    news += FindingText.lines(joins.flatMap(\.findings))
    let edited = Set(joins.flatMap(\.edited)).sorted { $0.id < $1.id }
    if let first = edited.first {
      news.append(
        "files of \(edited.count) tasks (\(first.id.short)) were edited by hand at '\(remote)', and made anew from "
          + "their events: a task is changed with 'orch task edit'")
    }
    return news
  }

  mutating func take(_ join: JoinReport) { joins.append(join) }
}
