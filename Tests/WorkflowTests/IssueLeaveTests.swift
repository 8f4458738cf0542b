import Testing
import Workflow

@Suite struct `An issue that ceased to ask for its task` {
  @Test func `is stored as it was seen`() {
    for leave in [IssueLeave(seenAt: 7), IssueLeave(seenAt: 7, closedAt: 5)] {
      #expect(IssueLeave(text: leave.text) == leave)
    }
    for text in ["", "x", "7 x", "1 2 3", "7.5"] { #expect(IssueLeave(text: text) == nil) }
  }

  @Test func `asks again only if it was seen to do so later`() {
    var task = TaskView(id: "t", title: "T")
    #expect(!task.hasIssueLeft)
    task.issueLeft = IssueLeave(seenAt: 7, closedAt: 5)
    #expect(task.hasIssueLeft)
    task.issueAskedAt = 7
    #expect(task.hasIssueLeft)
    task.issueAskedAt = 8
    #expect(!task.hasIssueLeft)
  }
}
