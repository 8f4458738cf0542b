import Foundation
import Git2
import GitState
import TestSupport
import Testing

@Suite struct `The claim protocol's values` {
  private func claim(_ token: Int = 3, host: String = "mbp-7f3a", phase: Claim.Phase = .held) throws
    -> Claim
  {
    Claim(
      task: try task("a3b2c4d5e6f7").id, token: token, host: host, incarnation: 2, nonce: "9f",
      lifetime: 600_000, stateToken: token - 1, phase: phase)
  }

  @Test func `work stops long before anyone may take over`() {
    for lifetime in [0, 30_000, 60_000, 600_000, Int.max] {
      let timing = ClaimTiming(lifetime: lifetime)
      #expect(timing.beat * 2 < timing.fence)
      // Clocks may run apart by a quarter, and the last check come a heartbeat late.
      #expect((timing.fence + timing.beat) * 5 / 4 < timing.expiry)
    }
    #expect(ClaimTiming.wide.beat == 150_000)
    #expect(ClaimTiming.local.beat == 15_000)
  }

  @Test func `claims and heartbeats survive their commits`() throws {
    for phase in [Claim.Phase.held, .closed, .released] {
      let claim = try claim(phase: phase)
      #expect(Claim(commit: claim.commit(after: .zero, seconds: 7)) == claim)
    }
    for ender in [nil, "other"] {
      let beat = Heartbeat(
        host: "mbp-7f3a", incarnation: 4, boot: "b", number: 9, lifetime: 60_000, endedBy: ender)
      #expect(Heartbeat(commit: beat.commit(seconds: 7)) == beat)
      #expect(Claim(commit: beat.commit(seconds: 7)) == nil)
    }
    let text = String(decoding: try claim().commit(after: nil, seconds: 7), as: UTF8.self)
    #expect(text.contains("\n\na3b2c4 claimed by mbp-7f3a (token 3)\n\nOrch-Claim: {"))
  }

  @Test func `what is not a claim is none`() throws {
    let good = String(decoding: try claim().commit(after: nil, seconds: 7), as: UTF8.self)
    let changes = [
      ("\"token\":3", "\"token\":0"), ("\"token\":3", "\"token\":9007199254740993"),
      ("\"v\":1", "\"v\":2"), ("mbp-7f3a\",\"inc", "../../x\",\"inc"),
      ("\"held\"", "\"stolen\""), ("\"incarnation\":2", "\"incarnation\":-1"),
      ("a3b2c4d5e6f7\"", "a3b2c4d5e6\""), ("Orch-Claim", "Orch-Clam"),
      ("\"nonce\":\"9f\"", "\"nonce\":\"\(String(repeating: "9", count: 5000))\""),
    ]
    #expect(Claim(commit: Array(good.utf8)) != nil)
    for (old, new) in changes {
      let bad = good.replacingOccurrences(of: old, with: new)
      #expect(bad != good)
      #expect(Claim(commit: Array(bad.utf8)) == nil, "\(new.prefix(40))")
    }
    // A lifetime that nobody can wait for is cut.
    let long = good.replacingOccurrences(of: ":600000", with: ":9000000000000")
    #expect(Claim(commit: Array(long.utf8))?.lifetime == ClaimTiming.maximumLifetime)
  }

  @Test(arguments: [true, false])
  func `an old end of a heartbeat does not free what its host claimed later`(_ isKept: Bool) throws
  {
    func time(_ milliseconds: Int) -> MonotonicTime { MonotonicTime(milliseconds: milliseconds) }
    var rival = ClaimProtocol(host: "rival", boot: "b", timing: .wide)
    if !isKept { rival.rules.remove(.incarnations) }
    rival.join(ArbiterView(), memory: nil, predecessorIsOver: true)
    let beat = rival.nextBeat(seconds: 0)
    rival.beatStarted(beat, at: time(0))
    let answers = [RefLayout.heartbeat("rival"): MoveReply.accepted]
    let isOpen = rival.beatAnswered(beat, answers, at: time(10))
    #expect(!isOpen)
    // A replica shows the end of incarnation 1 beside a claim of incarnation 2: its host is back.
    let held = try claim()
    let ended = Heartbeat(
      host: held.host, incarnation: 1, boot: "a", number: 0, lifetime: 600_000, endedBy: "rival")
    let id = try Repository.id(of: held.commit(after: nil, seconds: 0), .commit)
    let mixed = ArbiterView(
      claims: [held.task: Posted(id: id, content: held)],
      hosts: [held.host: Posted(id: .zero, content: ended)])
    _ = rival.saw(mixed, startedAt: time(20), endedAt: time(30))
    let standing = TaskStanding(isTerminal: false, highestToken: held.token)
    let offer = rival.offer(held.task, standing, nonce: "n", seconds: 0, at: time(40))
    switch offer {
    case .taken: #expect(isKept)
    // The server would accept this: the claim is the one that stands there.
    case .move(let move): #expect(!isKept && move.old == id && move.claim.token == held.token + 1)
    default: Issue.record("\(offer)")
    }
  }

  @Test func `a read that began before an own move does not undo what is known of it`() throws {
    func time(_ milliseconds: Int) -> MonotonicTime { MonotonicTime(milliseconds: milliseconds) }
    var host = ClaimProtocol(host: "mbp-7f3a", boot: "b", timing: .wide)
    host.join(ArbiterView(), memory: nil, predecessorIsOver: true)
    let beat = host.nextBeat(seconds: 0)
    host.beatStarted(beat, at: time(0))
    let answers = [RefLayout.heartbeat("mbp-7f3a"): MoveReply.accepted]
    let isOpen = host.beatAnswered(beat, answers, at: time(10))
    #expect(!isOpen)
    let task = try task("a3b2c4d5e6f7").id
    let standing = TaskStanding(isTerminal: false, highestToken: 0)
    func offer(_ at: Int) -> ClaimMove? {
      let offer = host.offer(task, standing, nonce: "1", seconds: 0, at: time(at))
      if case .move(let move) = offer { return move }
      return nil
    }
    let taking = try #require(offer(20))
    host.settled(taking, .won, at: time(30))
    let claimed = host.view
    let mine = try #require(host.held[task])
    let closing = host.ending(mine, as: .closed, nonce: "2", seconds: 0)
    host.settled(closing, .won, at: time(100))
    // Two reads: a quick one, and one that was slow and shows the claim as it was.
    _ = host.saw(host.view, startedAt: time(110), endedAt: time(120))
    _ = host.saw(claimed, startedAt: time(90), endedAt: time(130))
    #expect(host.view.claims[task]?.id == closing.id)
    #expect(host.leftovers(except: [], at: time(140)).isEmpty)
    // What is newer than the own move is believed whenever it was read.
    let newer = ClaimMove(from: closing.id, to: try claim(9, host: "other"), seconds: 0)
    let taken = ArbiterView(claims: [task: Posted(id: newer.id, content: newer.claim)])
    _ = host.saw(taken, startedAt: time(95), endedAt: time(150))
    #expect(host.view.claims[task]?.id == newer.id)
    _ = host.saw(claimed, startedAt: time(160), endedAt: time(170))
    #expect(host.view.claims[task]?.id == taking.id)
  }

  /// The steps of a move, given its answers.
  private func fate(
    _ move: ClaimMove, replies: [MoveReply], sees views: [ArbiterView?]
  ) -> ClaimMove.End? {
    var move = move
    var (replies, views) = (replies[...], views[...])
    var next = move.begin()
    while true {
      switch next {
      case .push:
        guard let reply = replies.popFirst() else { return nil }
        next = move.pushed([RefLayout.claim(move.task): reply])
      case .read:
        guard let view = views.popFirst() else { return nil }
        next = move.saw(view)
      case .ended(let end): return end
      }
    }
  }

  @Test func `an unknown answer is looked up, never assumed`() throws {
    let move = ClaimMove(from: nil, to: try claim(), seconds: 0)
    let empty = ArbiterView()
    func showing(_ claim: Claim, _ id: ObjectID) -> ArbiterView {
      ArbiterView(claims: [claim.task: Posted(id: id, content: claim)])
    }
    let other = try #require(ObjectID(hex: String(repeating: "1", count: 40)))
    let mine = showing(try claim(), move.id)
    #expect(fate(move, replies: [.accepted], sees: []) == .won)
    #expect(fate(move, replies: [.unknown], sees: [mine]) == .won)
    #expect(fate(move, replies: [.unknown, .accepted], sees: [empty]) == .won)
    #expect(fate(move, replies: [.unknown], sees: [nil, nil, mine]) == .won)
    let rival = showing(try claim(host: "other"), other)
    #expect(fate(move, replies: [.unknown], sees: [rival]) == .lost)
    #expect(fate(move, replies: [.refused], sees: [rival]) == .lost)
    let newer = showing(try claim(4, host: "other"), other)
    #expect(fate(move, replies: [.refused], sees: [newer]) == .lost)
    // A lower token is a look at the past.
    let older = showing(try claim(2, host: "other"), other)
    #expect(fate(move, replies: [.refused, .accepted], sees: [older]) == .won)
    // Every loop ends.
    let all = Array(repeating: MoveReply.unknown, count: 99)
    #expect(fate(move, replies: all, sees: Array(repeating: empty, count: 99)) == .unknown)
    #expect(fate(move, replies: all, sees: Array(repeating: nil, count: 99)) == .unknown)
    let refusals = Array(repeating: MoveReply.refused, count: 99)
    #expect(fate(move, replies: refusals, sees: Array(repeating: empty, count: 99)) == .refused)
  }
}
