// Tests of the room Worktrees.
