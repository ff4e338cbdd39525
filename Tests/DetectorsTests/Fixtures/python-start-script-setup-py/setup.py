from setuptools import find_packages, setup

setup(
    name="quay",
    version="1.4",
    packages=find_packages(),
    setup_requires=["setuptools_scm"],
    install_requires=["click>=8"],
    entry_points="""
        [console_scripts]
        quay=quay.cli:cli
        quay-admin=quay.admin:main

        [quay.plugins]
        lamps=quay.lamps:Lamps
    """,
)
