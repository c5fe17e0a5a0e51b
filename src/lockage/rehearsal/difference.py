"""What an apply changes: from what stands in an account to what ``lockage.yaml`` declares now. Pure.

Terraform's half alone counts: what a version snapshots stands under ``ignore_changes`` in
``terraform/modules/function``. ``prevent_destroy`` there stops an apply that would take a function away, or replace it
by one of the other package.
"""

from collections.abc import Iterable

import msgspec

from lockage.errors import UsageError
from lockage.rehearsal.kinds import FunctionShell, Resource

Identity = tuple[str, ...]
"""What makes two resources the same one: what differs besides is changed in place."""


class ProtectedError(UsageError):
    """An apply would take a function away; nothing was done."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An apply, as data."""

    taken: tuple[Resource, ...] = ()
    """What goes, in an order in which nothing goes before what needs it."""
    altered: tuple[Resource, ...] = ()
    """What stays and is different, as it is to be."""
    made: tuple[Resource, ...] = ()
    """What comes, in an order in which each thing only needs earlier ones."""


def difference(before: Iterable[Resource], after: Iterable[Resource]) -> Change:
    """What an apply does.

    Args:
        before: the table of what stands there.
        after: the table of what is declared.

    Raises:
        ProtectedError: it would take functions away; all of them are named.
    """
    old, new = ({_identity(one): one for one in table} for table in (before, after))
    change = Change(
        taken=tuple(one for identity, one in reversed(old.items()) if identity not in new),
        altered=tuple(one for identity, one in new.items() if identity in old and _half(one) != _half(old[identity])),
        made=tuple(one for identity, one in new.items() if identity not in old),
    )
    _hold_functions(change)
    return change


def _identity(resource: Resource) -> Identity:
    """A function of the other package is another function, though it has the same name."""
    package = (resource.package,) if isinstance(resource, FunctionShell) else ()
    return (type(resource).__name__, resource.account, resource.region, resource.name, *package)


def _half(resource: Resource) -> Resource:
    """Without what Terraform states to make a function and ignores ever after."""
    if not isinstance(resource, FunctionShell):
        return resource
    return msgspec.structs.replace(resource, architecture="", repository_uri="", runtime="")


def _hold_functions(change: Change) -> None:
    gone = [one for one in change.taken if isinstance(one, FunctionShell)]
    if not gone:
        return
    replaced = {one.name for one in change.made if isinstance(one, FunctionShell)}
    raise ProtectedError(
        "Instance cannot be destroyed: prevent_destroy is set; nothing was applied",
        why="\n".join(
            f"{one.name}: it would be "
            + ("replaced, since its package type changes" if one.name in replaced else "deleted")
            for one in gone
        ),
        remedy="its versions go with it, which a rollback may still need. A function leaves in two steps: "
        "docs/how-to/remove-a-function.md\nto another packaging it goes over a parallel function: "
        "docs/how-to/change-packaging.md",
    )
