"""The command line: an app with a verb a function of plastisim/commands, and what becomes of its errors."""

from __future__ import annotations

import errno
import logging
import os
import sys

import cyclopts

import plastisim as ps
from plastisim.commands import catalogue, comparing, doctor, exporting, guide, page, planning, running
from plastisim.commands.help import HELP, PlainHelp
from plastisim.commands.options import spelt_out

VERBS = (
    running.run, running.resume, planning.plan, planning.bench, comparing.compare, comparing.write,
    catalogue.parameters, catalogue.compounds, exporting.export, exporting.draw, exporting.animate, page.page,
    guide.guide, doctor.doctor,
)  # fmt: skip

app = cyclopts.App(
    name="plastisim", help=HELP, help_format="plaintext", help_formatter=PlainHelp(), version_flags=["--version"]
)
for verb in VERBS:
    app.command(verb)
app.register_install_completion_command(help="Install completion for the shell that this is called from.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; every foreseen failure is one line on stderr."""
    logger = logging.getLogger("plastisim")
    logger.handlers = [logging.StreamHandler()]
    logger.setLevel(logging.INFO)
    try:
        given = sys.argv[1:] if arguments is None else arguments
        result = app(spelt_out(given), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except cyclopts.CycloptsError as error:
        return _failed(" ".join(str(error).split()), ps.ConfigError.exit_code)
    except ps.PlastisimError as error:
        return _failed(str(error), error.exit_code)
    except BrokenPipeError:  # as of `plastisim parameters | head`; Python itself would complain once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return _failed(f"{str(error.filename)[:40]!r}... is too long for the name of a file", ps.ConfigError.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted; a run that had begun can go on with: plastisim resume OUT", 130)


def _failed(message: str, code: int) -> int:
    print(f"plastisim: {message}", file=sys.stderr)
    return code
