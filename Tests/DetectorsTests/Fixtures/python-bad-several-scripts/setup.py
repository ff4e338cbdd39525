from setuptools import setup

setup(
    name="watch",
    version="4.3",
    packages=["watch"],
    entry_points={
        "console_scripts": [
            # the daemon, then the tool
            "watchd = watch.daemon:main",
            "watchctl = watch.control:main",
        ],
    },
)
