"""The command line described from its own declarations: a page of the site, and pages for ``man``.

Nothing here names a command or an option. What typer has been told is all that is read, so a new
command is described as soon as it is there.
"""
