import dramatiq


@dramatiq.actor
def resize(name: str) -> None:
    print(name)
