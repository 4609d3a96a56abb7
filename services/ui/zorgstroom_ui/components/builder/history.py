"""The way back: what a document was before, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from zorgstroom_ui.components.builder.documents import Document, same

#: Steps back that are kept.
MOST_STEPS = 30


@dataclass(frozen=True)
class History:
    """A document, what it was and what was taken back."""

    document: Document
    #: Oldest first.
    past: tuple[Document, ...] = ()
    #: The next one last.
    future: tuple[Document, ...] = ()
    #: The lever that was moved last: moving it on is the same step.
    lever: str = ""

    def pushed(self, document: Document, lever: str = "") -> History:
        """Return the history after a change; of a change that changes nothing, itself."""
        if same(document, self.document) and document.keys() == self.document.keys():
            return (
                self if document == self.document else History(document, self.past, self.future, self.lever)
            )
        if lever and lever == self.lever:
            return History(document, self.past, (), lever)
        return History(document, (*self.past, self.document)[-MOST_STEPS:], (), lever)

    def undone(self) -> History:
        """Return the history one step back, if there is one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (*self.future, self.document)[-MOST_STEPS:])

    def redone(self) -> History:
        """Return the history one step on again, if there is one."""
        if not self.future:
            return self
        return History(self.future[-1], (*self.past, self.document)[-MOST_STEPS:], self.future[:-1])
