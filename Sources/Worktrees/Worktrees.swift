// See ARCHITECTURE.md: the room Worktrees.
