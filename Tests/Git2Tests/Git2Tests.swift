// Tests of the room Git2.
