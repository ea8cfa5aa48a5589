"""`broker certificate`: the registry desk makes the TLS certificates by which Kafka knows who somebody is."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from broker.acl import MAILBOX_READER, NODE, OPERATOR, SERVICES, principal
from broker.certificates import AUTHORITY_KEY, Authority, CertificateError
from broker.clock import system_clock
from broker.commands.options import DEFAULT_HOME, HomeOption, fail
from broker.connection import AUTHORITY, CERTIFICATE, KEY
from broker.home import Home, HomeError
from broker.registry import Channel

LONGEST_DAYS = 825
NAMES = (OPERATOR, NODE, *SERVICES)
SERVING = (NODE, MAILBOX_READER)

app = typer.Typer(
    no_args_is_help=True,
    help="TLS certificates for Kafka: one authority, one certificate for each organisation with its own Kafka client, "
    "for each service and for Kafka itself. The registry desk makes them.",
)
AuthorityOption = Annotated[
    Path | None, typer.Option("--authority", help="Folder of the authority. Default: HOME/authority.")
]


@app.command()
def authority(home: HomeOption = DEFAULT_HOME, folder: AuthorityOption = None) -> None:
    """Make a new authority: once, and never over another.

    Whoever has its key can become anybody to Kafka (though read or forge nothing that is sealed and signed): keep it
    off every server.
    """
    place = folder or home / "authority"
    try:
        Authority.make(place, system_clock())
    except CertificateError as error:
        fail(str(error))
    typer.echo(f"Made {place / AUTHORITY} (for everybody) and {place / AUTHORITY_KEY} (for the registry desk alone).")


@app.command()
def issue(
    name: Annotated[
        str, typer.Argument(metavar="WHO", help=f"An organisation, as school:100053, or one of: {', '.join(NAMES)}.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the files; an organisation puts it at HOME/tls.")],
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is valid.")] = 365,
    host: Annotated[
        list[str] | None,
        typer.Option(help=f"For {' and '.join(SERVING)}: a name or address that clients connect to. Repeat it."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    folder: AuthorityOption = None,
) -> None:
    """Make a fresh key and certificate for one principal.

    Example: broker certificate issue school:100053 --out school-100053-tls

    Renewing is the same command: put the new files in place of the old ones, and start the client again. To cut
    somebody off do not wait for a certificate to end: `broker org suspend` takes its rights at once.
    """
    if (name in SERVING) != bool(host):
        fail(f"--host is for {' and '.join(SERVING)}, which need at least one", 2)
    try:
        issuer = Authority(folder or home / "authority")
        who = name if name in NAMES else _member(Home(home), name)
        now = system_clock()
        if name == NODE:
            issuer.issue_node(out, host or [], now, life=timedelta(days=days))
        else:
            issuer.issue(who, out, now, life=timedelta(days=days), hosts=host or [])
    except (CertificateError, HomeError) as error:
        fail(str(error))
    files = ", ".join(["node.pem", AUTHORITY] if name == NODE else [AUTHORITY, CERTIFICATE, KEY])
    until = f"{now + timedelta(days=days):%Y-%m-%d}"
    typer.echo(
        f"{out}: {files}. Kafka will know its holder as {who}, until {until}. Hand it over safely, keep no copy."
    )


def _member(home: Home, organisation: str) -> str:
    """The principal of an organisation that has a Kafka client of its own."""
    found = home.registry().get(organisation)
    if found is None:
        fail(f"{organisation} is not in the registry, and none of: {', '.join(NAMES)}", 2)
    if found.channel is not Channel.DIRECT or found.suspended:
        why = "is suspended" if found.suspended else f"has no Kafka client of its own: its channel is {found.channel}"
        fail(f"{organisation} {why}. Nothing was made.")
    return principal(found.id)
