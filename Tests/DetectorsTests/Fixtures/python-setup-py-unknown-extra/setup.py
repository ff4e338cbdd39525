from setuptools import setup

setup(name="shop", packages=["shop"], install_requires=["flask>=3"], extras_require={"cache": ["redis>=5"]})
