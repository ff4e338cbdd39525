"""The library of the workspace."""

import six

KIND = six.ensure_str("spring")
