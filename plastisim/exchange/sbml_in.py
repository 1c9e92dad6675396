"""Published models in SBML, run by plastisim's own integrator: many lanes at once, parameters as data."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp
from numpy.typing import ArrayLike

from plastisim.engine.control import Lanes, Tolerance
from plastisim.engine.devices import compiled
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import advance
from plastisim.exchange.sbml_document import SUPPORTED
from plastisim.exchange.sbml_math import TIME, Formula, Unsupported, Values
from plastisim.exchange.sbml_reader import Contents, read_contents
from plastisim.exchange.sbml_run import Course, check_numbers, run
from plastisim.exchange.sbml_switches import Switches

FLOOR = 1e-3  # error allowed at zero: this share of the relative tolerance, of the smallest initial value but 0
# What the integrator takes for a second, as a share of the run: its first step and its smallest one are in seconds, and
# a file may be in milliseconds or in hours.
TICK = 1e-7


class Inputs(NamedTuple):
    """What the rates need beside the variables.

    Attributes:
        time: of the file, in its own unit, shape (lane,).
        constants: by name, each of shape (lane,).
        conditions: conditions on time alone, constant within a stretch; each of shape (lane,).
    """

    time: Array
    constants: dict[str, Any]
    conditions: dict[str, Any]


class SbmlModel:
    """A model read from an SBML file; all numbers are in the file's own units.

    A species is its concentration, or its amount where the file says hasOnlySubstanceUnits.

    Attributes:
        source: the file.
        names: the integrated variables, in the order of `rates`.
        assigned: variables that an assignment rule computes.
        initial: value of each integrated variable at time 0.
        parameters: value of everything that never changes: parameters, sizes, constant species, and local parameters
            as `reaction.parameter`.
        units: unit of each quantity in words of the file, `` where it declares none.
        time_unit: the same for time.
    """

    def __init__(self, contents: Contents) -> None:
        """Prepare what a file says; raises ConfigError for an event that the state triggers."""
        self.contents = contents
        self.source, self.names, self.assigned = contents.source, tuple(contents.rates), tuple(contents.assigned)
        self.switches = Switches(contents.constants, contents.formulas)
        self._rates = {name: self.switches.take(formula) for name, formula in contents.rates.items()}
        self._formulas = {name: self.switches.take(formula) for name, formula in contents.formulas.items()}
        for event in contents.events:
            try:
                self.switches.watch(event.trigger)
            except Unsupported as error:
                raise ConfigError(f"{self.source}: event {event.name!r} {error}; {SUPPORTED}") from error
        self.units = {name: unit for name, unit in contents.units.items() if name != TIME}
        self.time_unit = contents.units[TIME]
        constants, initial = self._start(1, {})
        self.parameters = {name: float(value[0]) for name, value in constants.items()}
        self.initial = dict(zip(self.names, map(float, initial[:, 0]), strict=True))

    def rates(self, values: Sequence[Array], inputs: Inputs) -> list[Array]:
        """Return the rate of change of each variable of `names`, for `stepping.advance`.

        Args:
            values: the variables, each of shape (lane,).
            inputs: see `Inputs`.
        """
        known = {**inputs.constants, **inputs.conditions, TIME: inputs.time}
        found = Values(known | dict(zip(self.names, values, strict=True)), self._formulas, jnp)
        return [jnp.zeros_like(inputs.time) + found.of(self._rates[name]) for name in self.names]

    def simulate(
        self,
        times: ArrayLike,
        lanes: int = 1,
        parameters: Mapping[str, ArrayLike] | None = None,
        tolerance: float = 1e-8,
        *,
        absolute: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Integrate from time 0 and return the variables at `times`.

        Output times, events and conditions on time alone cut the run; a condition on the state is found by the step
        control. At the time of an event the values are those after it.

        Args:
            times: output times, increasing, from 0 on, in the file's unit.
            lanes: how many runs side by side.
            parameters: values that replace the file's, by name of `parameters` or `initial`; one number, or one a
                lane. Compiles nothing anew.
            tolerance: relative error allowed in a step; that of a whole run was 1 to 50 times as large in six published
                models.
            absolute: error allowed at zero, in the variables' units; if not given, 1e-3 × tolerance × the smallest
                initial value that is not 0.

        Returns:
            Values by name of `names` and `assigned`, each of shape (time, lane).

        Raises:
            ConfigError: unknown parameters, times that do not increase, or no initial value to judge errors by.
            NumericalError: a variable diverged or is not a number; names it and the time.
        """
        when = self._checked_times(times)
        if lanes < 1:
            raise ConfigError(f"{self.source}: lanes must be 1 or more, but is {lanes}")
        constants, first = self._start(lanes, parameters or {})
        if absolute is None:
            smallest = float(np.min(np.abs(first), where=first != 0.0, initial=np.inf))
            if self.names and np.isinf(smallest):
                raise ConfigError(
                    f"{self.source}: every variable starts at 0, which says nothing of their size; give absolute=, the "
                    "error allowed at zero"
                )
            absolute = FLOOR * tolerance * smallest
        if not (tolerance > 0.0 and absolute > 0.0):
            raise ConfigError(
                f"{self.source}: tolerance and absolute must be positive, but are {tolerance:g} and {absolute:g}"
            )
        with jax.enable_x64(True), np.errstate(all="ignore"):
            return self._run(Course(self.contents, self.switches, constants), when, first, tolerance, absolute)

    def _run(
        self, course: Course, times: np.ndarray, first: np.ndarray, tolerance: float, absolute: float
    ) -> dict[str, np.ndarray]:
        """Return every output, checked."""
        given = {name: jnp.asarray(value) for name, value in course.constants.items()}
        allowed = jnp.asarray(tolerance), jnp.full(len(first), absolute)
        tick = float(times[-1]) * TICK

        def stretch(lanes: Lanes, conditions: Any, begin: float, length: float) -> Lanes:
            return self._program(lanes, given, conditions, begin, length, tick, *allowed) if self.names else lanes

        frames = run(course, times, first, stretch)
        values = course.values(times[:, None], frames.swapaxes(0, 1))
        shape = (len(times), first.shape[1])
        found = {name: np.broadcast_to(values[name], shape).astype(float) for name in (*self.names, *self.assigned)}
        check_numbers(self.source, found, times)
        return found

    def _start(self, lanes: int, parameters: Mapping[str, ArrayLike]) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the constants, each (lane,), and the variables at time 0, (variable, lane)."""
        contents = self.contents
        free = contents.constants | contents.initial
        given = {name: self._given(name, value, lanes, free) for name, value in parameters.items()}
        with np.errstate(all="ignore"):
            values = Values({TIME: 0.0, **given}, {**contents.formulas, **free}, np)
            found = {name: np.broadcast_to(values[name], lanes).astype(float) for name in free}
        for name, value in found.items():
            wrong = np.isnan(value) if name in contents.constants else ~np.isfinite(value)  # a constant may be infinite
            if wrong.any():
                raise NumericalError(f"{self.source}: {name!r} is not a number at time 0 (lane {wrong.argmax()})")
        constants = {name: found[name] for name in contents.constants}
        return constants, np.array([found[name] for name in self.names]).reshape(len(self.names), lanes)

    def _given(self, name: str, value: ArrayLike, lanes: int, free: Mapping[str, Formula]) -> np.ndarray:
        """Return a parameter that the caller sets, shape (lane,)."""
        if name not in free:
            near = difflib.get_close_matches(name, free, 3)
            hint = "a rule computes it" if name in self.contents.formulas else f"did you mean {near}?" if near else ""
            raise ConfigError(f"{self.source}: there is no parameter {name!r} to set; {hint or 'see model.parameters'}")
        values = np.asarray(value, float)
        if values.shape not in ((), (lanes,)) or not np.isfinite(values).all():
            raise ConfigError(
                f"{self.source}: parameter {name!r} takes one finite number, or one for each of {lanes} lanes, "
                f"but got shape {values.shape}: {value}"
            )
        return np.broadcast_to(values, lanes)

    def _checked_times(self, times: ArrayLike) -> np.ndarray:
        when = np.asarray(times, float)
        if when.ndim != 1 or not len(when) or not np.isfinite(when).all() or when[0] < 0 or (np.diff(when) <= 0).any():
            raise ConfigError(f"{self.source}: times must be a list that increases, from 0 on, but are {times}")
        return when

    @functools.cached_property
    def _program(self) -> Any:
        """The compiled integrator of one stretch; constants, conditions and tolerances are its data."""

        def program(
            lanes: Lanes, constants: Any, conditions: Any, begin: Array, length: Array, tick: Array, relative: Any,
            absolute: Any,
        ) -> Lanes:  # fmt: skip
            def rates(values: Sequence[Array], inputs: Inputs) -> list[Array]:
                return [rate * tick for rate in self.rates(values, inputs)]

            def inputs_at(elapsed: Array, values: Array) -> Inputs:
                return Inputs(begin + elapsed * tick, constants, conditions)

            signed = np.ones(len(self.names), bool)  # SBML lets anything be negative
            return advance(rates, inputs_at, lanes, length / tick, Tolerance(relative, absolute, signed), RODAS4P)

        return compiled(program)


def read_sbml(path: str | Path) -> SbmlModel:
    """Return the model in an SBML file (level 2 or 3), ready to simulate.

    Needs the extra `plastisim[sbml]`. What is not supported is refused, never ignored; see `sbml_document.SUPPORTED`.

    Raises:
        ConfigError: python-libsbml is missing, or the file is not valid, or not supported: names file, element and id.
    """
    return SbmlModel(read_contents(path))
