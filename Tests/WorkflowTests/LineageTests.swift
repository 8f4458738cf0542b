import TestSupport
import Testing

@testable import Workflow

@Suite struct `Where a task comes from` {
  private func task(_ id: String, _ change: (inout TaskView) -> Void = { _ in }) -> TaskView {
    var task = TaskView(id: id, title: id)
    change(&task)
    return task
  }

  private func views(_ tasks: TaskView...) -> [String: TaskView] {
    Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0) })
  }

  @Test
  func `a stranger's task makes a stranger's parts, reviews and looks back, however far down`() {
    let top = task("top") { $0.source = .inbox }
    let part = task("part") { $0.parent = "top" }
    let below = task("below") { $0.parent = "part" }
    let review = task("review") { $0.reviewOf = "below" }
    let look = task("look") { $0.about = "review" }
    let all = views(top, part, below, review, look)
    for task in [top, part, below, review, look] {
      #expect(Lineage.doubt(about: task, in: all) != nil, "\(task.id)")
      #expect(!Lineage.isTrusted(task, in: all), "\(task.id)")
    }
    #expect(Lineage.doubt(about: below, in: all)?.contains("'top'") == true)
    #expect(Lineage.depth(of: below, in: all) == 2 && Lineage.depth(of: top, in: all) == 0)
    let doubt = Retrospection.doubt(
      about: below, among: all, createdBy: ["here"], trusted: ["here"])
    #expect(doubt?.contains("inbox") == true)
  }

  @Test func `what people asked for is trusted, and what is not known here is not`() {
    let top = task("top")
    let part = task("part") { $0.parent = "top" }
    #expect(Lineage.isTrusted(part, in: views(top, part)))
    #expect(
      Lineage.doubt(about: part, in: views(part)) == "a task that it came of is not known here")
  }

  @Test
  func `an issue's own task is shown its issue apart, and its parts are not told apart from it`() {
    let top = task("top") { $0.issue = 7 }
    let part = task("part") { $0.parent = "top" }
    let all = views(top, part)
    #expect(Lineage.isTrusted(top, in: all) && !Lineage.isTrusted(part, in: all))
    #expect(Lineage.doubt(about: top, in: all) != nil)
  }

  @Test func `a circle ends`() {
    let one = task("one") { $0.parent = "two" }
    let two = task("two") { $0.parent = "one" }
    #expect(Lineage.line(of: one, in: views(one, two)).tasks.map(\.id) == ["one", "two"])
    #expect(Lineage.depth(of: one, in: views(one, two)) == 1)
    #expect(Lineage.isTrusted(one, in: views(one, two)))
  }
}
