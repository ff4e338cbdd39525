from setuptools import find_packages, setup

REQUIRES = [
    "flask>=3",  # the framework
    "gunicorn>=22",
]

setup(
    name="shop",
    version="0.1.0",
    packages=find_packages(),
    install_requires=REQUIRES,
    extras_require={"cache": ["redis>=5"]},
)
