"""The verbs of the command line, a file a group of them.

A verb is a function that prints what it found and returns an exit code; its docstring is its `--help`. To add one,
write it in a file of this folder, with public names only (`import plastisim as ps`), and name it in `cli.VERBS`.
"""
