// See ARCHITECTURE.md: the room GitState.
