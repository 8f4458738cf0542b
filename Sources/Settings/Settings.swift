// See ARCHITECTURE.md: the room Settings.
