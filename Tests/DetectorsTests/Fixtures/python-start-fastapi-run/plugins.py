def load(name, base):
    return getattr(base, "Fast" + "API")(title=name)
