// See ARCHITECTURE.md: the room Forge.
