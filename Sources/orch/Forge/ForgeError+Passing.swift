public import Engine
public import Forge

extension ForgeError: PassingError {}
