"""What a file was found to be: the columns' meanings, the answers that they hold, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.sources.columns import SourceFile
from runner.sources.times import TimeReading

KINDS = ("customers", "consents", "suppressions", "activities")
STATUSES = ("granted", "denied", "pending", "nothing")
ROW = "*"
"""In answers of people: the row itself, for files whose rows are the answer."""


@dataclass(frozen=True)
class Question:
    """Something that only a person knows.

    Attributes:
        column: what it is about; `*` for the file as a whole.
        text: the question, one sentence.
        answer: what may be written on the command line, such as `--map 'C=denial of newsletter'`.
        urgent: it may take a consent back, or end it.
    """

    column: str
    text: str
    answer: str
    urgent: bool = False


@dataclass
class ConsentColumn:
    """A column in which the customer's own row answers for a purpose.

    Attributes:
        column: its name in the file; `*` where each row of the file is the answer.
        statuses: value → granted, denied or nothing; a value that is not there counts as denied
            and is listed.
        recorded_at, confirmed_at: the columns with the answer's own dates.
        keys: the kinds of contact points that the answer is for; all where it is empty.
    """

    column: str
    purpose: str
    statuses: dict[str, str]
    recorded_at: str | None = None
    confirmed_at: str | None = None
    keys: tuple[str, ...] = ()

    @property
    def grants(self) -> bool:
        """Whether one of its values is a yes."""
        return "granted" in self.statuses.values()


@dataclass
class Plan:
    """What a file seems to be, and what would be written.

    Attributes:
        kind: one of KINDS.
        layout: the known layout, such as `mailchimp:subscribed`.
        roles: the contract's column (`id`, an alternate key, an attribute, a time, `purpose`,
            `status`, `key_type`, `key_value`, `channel`, `deleted`, `reason` …) → the file's.
        times: the file's column → how its times are read.
        consents: answers in columns of customers.
        labels: the contract's column → value → meaning, of what this file alone explains.
        purpose: of every row, where no column says it.
        reason: of every row, of a file of suppressions.
        ignored: columns that a person or a layout says do not matter.
        unused: columns that nothing is taken from.
        notes: what the source's page is to say.
        keys: the alternate keys that have a column, in the project's order.
        channels: purpose → the kind of contact point that it uses.
        denials_only: questions were left open, so that the file gives no grants.
    """

    kind: str
    source: SourceFile
    layout: str | None = None
    roles: dict[str, str] = field(default_factory=dict)
    times: dict[str, TimeReading] = field(default_factory=dict)
    consents: list[ConsentColumn] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    purpose: str | None = None
    reason: str | None = None
    ignored: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keys: tuple[str, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    denials_only: bool = False

    @property
    def taken(self) -> set[str]:
        """The columns that have a meaning."""
        answers = {
            name
            for each in self.consents
            for name in (each.column, each.recorded_at, each.confirmed_at)
            if name
        }
        return {*self.roles.values(), *answers}

    def left(self) -> list[str]:
        """The columns without a meaning yet, in the file's order."""
        return [
            each.name
            for each in self.source.columns
            if each.name not in self.taken and each.name not in self.ignored
        ]

    def ask(self, question: Question) -> None:
        """Adds a question."""
        self.questions.append(question)

    def without_grants(self) -> None:
        """Takes every grant out: what is left are denials."""
        self.denials_only = True
        for each in self.consents:
            each.statuses = {
                value: "nothing" if status == "granted" else status
                for value, status in each.statuses.items()
            }
        self.consents = [each for each in self.consents if "denied" in each.statuses.values()]
