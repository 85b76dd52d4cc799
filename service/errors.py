"""What can go wrong in the service, and what it is called at the edges.

::

    CancelTriageError          from `model.errors`
    ├── SettingsError          an environment variable holds what it must not
    ├── OrderError             the order that the caller gave cannot be read
    ├── TemplateError          a reply file does not hold what it must
    ├── MarketplaceError       no such marketplace
    ├── ExportError            a message export cannot be read or written
    └── LimitError             more than the service takes
"""

from model import ArtefactError, CancelTriageError, CorpusError


class SettingsError(CancelTriageError):
    """An environment variable holds what it must not."""


class OrderError(CancelTriageError):
    """The order that the caller gave cannot be read."""


class TemplateError(CancelTriageError):
    """A reply file does not hold what it must."""


class MarketplaceError(CancelTriageError):
    """No such marketplace."""


class ExportError(CancelTriageError):
    """A message export cannot be read or written."""


class LimitError(CancelTriageError):
    """More than the service takes."""


EXIT_FAILED, EXIT_USAGE = 1, 2

EXIT_STATUS: dict[type[CancelTriageError], int] = {
    ArtefactError: EXIT_FAILED,
    CorpusError: EXIT_USAGE,
    ExportError: EXIT_USAGE,
    LimitError: EXIT_USAGE,
    MarketplaceError: EXIT_USAGE,
    OrderError: EXIT_USAGE,
    SettingsError: EXIT_USAGE,
    TemplateError: EXIT_FAILED,
}
"""Exit status of the command line for every error."""

HTTP_STATUS: dict[type[CancelTriageError], tuple[int, str]] = {
    ArtefactError: (503, "The model is not loaded"),
    CorpusError: (500, "The corpus cannot be read"),
    ExportError: (400, "The export cannot be read"),
    LimitError: (413, "Too large"),
    MarketplaceError: (422, "Unknown marketplace"),
    OrderError: (422, "The order cannot be read"),
    SettingsError: (500, "The settings cannot be read"),
    TemplateError: (500, "A reply is missing"),
}
"""HTTP status and title of the problem document for every error."""
