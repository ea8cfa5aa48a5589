"""What a preview says of a message and of each field, for the terminal and the page alike."""

from broker.consent.redact import NOT_INCLUDED
from broker.preview.sides import Piece, Preview, Row, Seen
from broker.screening.verdict import State

SEEN = {
    Seen.SHOWN: "shown",
    Seen.SCREENED: "free text",
    Seen.WITHHELD: "withheld",
    Seen.HIDDEN: "hidden",
    Seen.NOTHING: "not sent",
}
"""What becomes of a field, in a word or two."""
PIECES = {
    State.CLEAR: "clear",
    State.SUBSTITUTED: "the broker's wording",
    State.WITHHELD: "withheld",
}
"""What becomes of a piece of free text."""


def verdict(preview: Preview) -> str:
    """What becomes of the message for this recipient."""
    if preview.sent:
        return "It goes at once."
    if preview.held:
        return "Held: nothing goes. The right side is what it would see if your role holder lets it go."
    return "Refused: nothing goes."


def sees(preview: Preview) -> str:
    """Head of the right side."""
    verb = "sees" if preview.sent else "would see" if preview.held else "sees nothing"
    return f"{preview.recipient} {verb}"


def in_figures(preview: Preview) -> str:
    """How many fields are seen, and how many are not."""
    said = [
        f"{preview.count(Seen.SHOWN, Seen.SCREENED)} shown",
        f"{preview.count(Seen.WITHHELD)} withheld",
        f"{preview.count(Seen.HIDDEN)} hidden",
        f"{preview.count(Seen.NOTHING)} not sent",
    ]
    pieces = [
        f"{number} {word}"
        for state, word in PIECES.items()
        if (number := sum(p.state is state for p in preview.pieces))
    ]
    text = f"; free text: {', '.join(pieces)}" if pieces else ""
    return ", ".join(one for one in said if not one.startswith("0 ")) + text


def marker(row: Row) -> str:
    """What stands in the recipient's own copy in place of the field."""
    if row.marker == NOT_INCLUDED:
        return "not included"
    return f"withheld ({row.marker})" if row.marker else "nothing"


def explained(row: Row) -> str:
    """Why it is not seen; and of what is hidden, that the recipient cannot tell."""
    because = ": ".join(filter(None, (row.rule, row.why)))
    hidden = ". To it this looks as if you had left it out." if row.seen is Seen.HIDDEN else ""
    return f"{because}{hidden}"


def because(piece: Piece) -> str:
    """The rules that hit, with their reasons."""
    return "; ".join(f"{rule}: {says}" if says else rule for rule, says in piece.why)
