// See ARCHITECTURE.md: the room Workflow.
