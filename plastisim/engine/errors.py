"""The errors a user may meet; each carries the exit code of the command line."""

from __future__ import annotations


class PlastisimError(Exception):
    """Base of every error that plastisim raises on purpose."""

    exit_code: int = 1


class ConfigError(PlastisimError):
    """The call, the configuration or an input file is wrong; the message says what to change."""

    exit_code = 2


class NumericalError(PlastisimError):
    """A state or a result became non-finite or negative."""

    exit_code = 4


class StoreError(PlastisimError):
    """A store or a checkpoint cannot be used, or belongs to another configuration."""

    exit_code = 5
