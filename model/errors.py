"""What can go wrong in this package.

::

    CancelTriageError          base of every error that the project raises on purpose
    ├── CorpusError            a labelled file does not hold what it must
    └── ArtefactError          a trained artefact is missing, damaged or of another version

Each message says where, what was found, what is allowed and the mend. None holds a buyer's text.
"""


class CancelTriageError(Exception):
    """Base of every error that the project raises on purpose."""


class CorpusError(CancelTriageError):
    """A labelled file does not hold what it must."""


class ArtefactError(CancelTriageError):
    """A trained artefact is missing, damaged or of another version."""
