"""Other people's solvers on the exported model, and the processes in which they run.

A neuron is one row of numbers: the 29 variables at rest, the symbols of its resting values, and its own parameters.
Every solver returns the cascade at the given times, shape (neuron, time, variable).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

CORES = 2


class Neurons(NamedTuple):
    """Neurons that differ, at rest, in one kind of animal that has just got its dose.

    Attributes:
        variables: names of the 29 variables.
        symbols: names in the SBML file of the numbers that differ between neurons.
        start: shape (neuron, variable).
        numbers: shape (neuron, symbol).
    """

    variables: tuple[str, ...]
    symbols: tuple[str, ...]
    start: np.ndarray
    numbers: np.ndarray

    def part(self, which: slice) -> Neurons:
        """Return some of them."""
        return self._replace(start=self.start[which], numbers=self.numbers[which])


class Task(NamedTuple):
    """What to solve: an SBML file, moments (s, the first is 0), and scales of the variables for tolerances."""

    file: str
    times: np.ndarray
    scale: np.ndarray


Solver = Callable[[Neurons, Any], np.ndarray]


def pool() -> ProcessPoolExecutor:
    """Return one process a core, started anew, as threads and JAX do not survive a fork."""
    return ProcessPoolExecutor(CORES, mp_context=get_context("spawn"))


def shared(workers: Any, work: Callable[..., np.ndarray], neurons: Neurons, *arguments: Any) -> np.ndarray:
    """Return the results of `work(neurons, *arguments)`, the neurons dealt out to the workers."""
    parts = [neurons.part(slice(index, None, CORES)) for index in range(CORES)]
    jobs = [workers.submit(_timed, work, part, *arguments) for part in parts]
    found = np.zeros((len(neurons.start), *jobs[0].result()[0].shape[1:]))
    for index, job in enumerate(jobs):
        found[index::CORES], seconds = job.result()
        if isinstance(workers, ProcessPoolExecutor):
            _elsewhere.append(seconds)
    return found


def _timed(work: Callable[..., np.ndarray], *arguments: Any) -> tuple[np.ndarray, float]:
    begin = time.process_time()
    return work(*arguments), time.process_time() - begin


_elsewhere: list[float] = []  # processor time of other processes, s


def processor() -> float:
    """Return the processor time so far of this process and of work shared out to others, s."""
    return time.process_time() + sum(_elsewhere)


@functools.cache
def _runner(file: str, variables: tuple[str, ...]) -> Any:
    import roadrunner

    runner = roadrunner.RoadRunner(file)
    runner.timeCourseSelections = ["time", *variables]
    return runner


def by_roadrunner(neurons: Neurons, task: Task, setting: tuple[float, float]) -> np.ndarray:
    """Solve with CVODE (BDF) in libRoadRunner; `setting` is relative and absolute tolerance."""
    runner = _runner(task.file, neurons.variables)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = setting
    runner.integrator.maximum_num_steps = 10_000_000
    known = list(runner.model.getGlobalParameterIds())  # variables of the file are parameters with a rate rule
    columns = [known.index(name) for name in (*neurons.symbols, *neurons.variables)]
    frames = []
    for start, numbers in zip(neurons.start, neurons.numbers, strict=True):
        runner.resetAll()
        runner.model.setGlobalParameterValues(columns, [*numbers, *start])
        frames.append(np.array(runner.simulate(times=task.times.tolist()))[1:, 1:])
    return np.array(frames)


class Equations(NamedTuple):
    """The same equations as functions of JAX.

    Attributes:
        start: exposure after the dose, shape (exposure variable,).
        rates: of all variables, exposure first; arguments are variables (variable,) and numbers (symbol,).
    """

    start: np.ndarray
    rates: Callable[[Any, Any], Any]


OWN = ("gq_reserve", "excitability_resting_rate", "excitability_htr1a_weight")  # what differs between neurons


@functools.cache
def equations(preset: str) -> Equations:
    """Return the model's own rates of one neuron and its animal; to be called at 64 bit."""
    import case_of_peers
    import jax
    from jax import numpy as jnp

    from plastisim import model
    from plastisim.biology.ligands import Supply
    from plastisim.cascade import _exposure_state

    exposure, start = case_of_peers.animal()
    pathway, exposed = case_of_peers.pathway(preset), len(start)
    none = jnp.zeros(1)

    def rates(values: Any, own: Any) -> Any:
        state = _exposure_state(values[:exposed, None])
        supply = tuple(Supply(none, none - 1.0) for _ in exposure.ligands)
        numbers = own[:, None]
        mine = case_of_peers.with_own(pathway, numbers[: len(OWN)])
        rest, cell = model.Resting(*numbers[len(OWN) :]), model.unstack(values[exposed:, None])
        changes = exposure.rates(state, supply), model.rates(mine, cell, exposure.drive(state, supply), none, rest)
        return jnp.concatenate([jnp.broadcast_to(leaf, (1,)) for leaf in jax.tree.leaves(changes)])

    return Equations(start, rates)


def by_lsoda(neurons: Neurons, task: Task, setting: float, preset: str) -> np.ndarray:
    """Solve with LSODA of SciPy, the Jacobian given; `setting` is the relative tolerance."""
    from scipy.integrate import solve_ivp

    exposed, rates, jacobian = _with_jacobian(preset)
    frames = []
    for start, numbers in zip(neurons.start, neurons.numbers, strict=True):
        found = solve_ivp(
            lambda _, values, own=numbers: np.asarray(rates(values, own)), (0.0, task.times[-1]),
            np.concatenate([exposed, start]), "LSODA", task.times, rtol=setting,
            atol=setting * task.scale, jac=lambda _, values, own=numbers: np.asarray(jacobian(values, own)),
        )  # fmt: skip
        if not found.success:
            raise RuntimeError(f"LSODA: {found.message}")
        frames.append(found.y.T[1:, len(exposed) :])
    return np.array(frames)


@functools.cache
def _with_jacobian(preset: str) -> tuple[np.ndarray, Any, Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    start, rates = equations(preset)
    return start, jax.jit(rates), jax.jit(jax.jacfwd(rates))


@functools.cache
def _kvaerno(preset: str) -> tuple[np.ndarray, Any]:
    """Return exposure after the dose, and Kvaerno5 over many neurons at once (vmap)."""
    import diffrax
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    begin, rates = equations(preset)
    term = diffrax.ODETerm(lambda _, values, own: rates(values, own))

    def one(values: Any, own: Any, relative: Any, times: Any, scale: Any) -> Any:
        control = diffrax.PIDController(rtol=relative, atol=relative * scale)
        found = diffrax.diffeqsolve(
            term, diffrax.Kvaerno5(), 0.0, times[-1], 0.1, values, own, saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=control, max_steps=1_000_000, throw=False,
        )  # fmt: skip
        return found.ys[1:, len(begin) :]

    many = jax.vmap(one, in_axes=(0, 0, None, None, None))
    return begin, jax.jit(lambda *given: many(*map(jnp.asarray, given)))


def by_diffrax(neurons: Neurons, task: Task, setting: float, preset: str) -> np.ndarray:
    """Solve with diffrax, all neurons of a process at once; `setting` is the relative tolerance."""
    # In processes of their own: two threads of one process that solve dense systems can wait for each other for ever.
    begin, many = _kvaerno(preset)
    before = np.broadcast_to(begin, (len(neurons.start), len(begin)))
    start = np.concatenate([before, neurons.start], axis=1)
    return np.asarray(many(start, neurons.numbers, setting, task.times, task.scale))


def names(installed: Sequence[str] = ("roadrunner", "scipy", "diffrax")) -> list[str]:
    """Return the peers that are installed."""
    from importlib.util import find_spec

    return [name for name in installed if find_spec(name)]
