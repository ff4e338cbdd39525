def greeting(name):
    return f"greetings from {name}"
