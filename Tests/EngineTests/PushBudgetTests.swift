import Engine
import Testing

@Suite struct `The budget of pushes` {
  @Test(arguments: [
    ("https://github.com/a/b.git", PushBudget.publicHost),
    ("git@github.com:a/b.git", PushBudget.publicHost),
    ("ssh://git@gitlab.com:22/a/b", PushBudget.publicHost),
    ("https://user:secret@codeberg.org/a/b", PushBudget.publicHost),
    ("https://git.example.org/a/b", PushBudget.ownServer),
    ("https://notgithub.com/a/b", PushBudget.ownServer), ("/srv/git/b.git", PushBudget.ownServer),
  ])
  func `follows from where the remote is`(url: String, perMinute: Int) {
    #expect(PushBudget.perMinute(url: url) == perMinute)
  }

  @Test(arguments: [(1, 6), (2, 3), (4, 1), (50, 1)])
  func `is shared by the machines that are alive, and comes back with the minute`(
    hosts: Int, mine: Int
  ) {
    var budget = PushBudget()
    let taken = (0..<60).count { budget.take(now: $0 * 500, perMinute: 6, hosts: hosts) }
    #expect(taken == mine)
    let (early, late) = (
      budget.take(now: 59_999, perMinute: 6, hosts: hosts),
      budget.take(now: 60_000, perMinute: 6, hosts: hosts)
    )
    #expect(!early && late)
  }
}
