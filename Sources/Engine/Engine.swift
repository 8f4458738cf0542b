// See ARCHITECTURE.md: the room Engine.
