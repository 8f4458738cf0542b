// See ARCHITECTURE.md: the room Agents.
