"""Two environments over a small AWS: preprod, and prod that comes after it, with a store between them."""

from collections.abc import Callable

from fakes.aws import World
from fakes.aws_lambda import FakeLambda
from fakes.aws_services import FakeS3, FakeSsm
from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller
from lockage.aws.lambda_ import LambdaClient
from lockage.aws.pacing import Pace
from lockage.aws.ssm import ParameterClient
from lockage.console import Console, PlainView, StepRecord
from lockage.errors import LockageError
from lockage.model.canonical import canonical
from lockage.model.ids import CommitSha, Digest
from lockage.model.release import Configuration, Evidence, Release, released_function
from lockage.release.store import ReleaseStore
from lockage.rollout.deploy import Outcome, deploy
from lockage.rollout.references import Sources
from lockage.rollout.site import Site

FUNCTIONS = ("onboarding", "remediator", "scorer")
REGISTRY = "registry.example"
SOURCES = Sources(registry=REGISTRY, archives="platform-releases")


class Silent(PlainView):
    """Says nothing."""

    def began(self, name: str) -> None:
        """Nothing."""

    def ended(self, record: StepRecord) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class FakeChecks:
    """End-to-end checks with a given outcome; counts its runs."""

    def __init__(self, outcome: LockageError | None = None, ready: LockageError | None = None) -> None:
        self.outcome, self.refusal, self.runs = outcome, ready, 0

    def ready(self) -> None:
        """Whether they could run."""
        if self.refusal is not None:
            raise self.refusal

    def run(self) -> None:
        """The outcome."""
        self.runs += 1
        if self.outcome is not None:
            raise self.outcome


class Environments:
    """What the tests look at; ``site`` is what the code under test gets."""

    def __init__(self, *, functions: tuple[str, ...] = FUNCTIONS) -> None:
        self.world = World()
        self.s3 = FakeS3(self.world, "222222222222")
        self.lambdas = {
            "preprod": FakeLambda(self.world, "111111111111"),
            "prod": FakeLambda(self.world, "222222222222"),
        }
        self.parameters = {name: FakeSsm(self.world, fake.account) for name, fake in self.lambdas.items()}
        for name, fake in self.lambdas.items():
            fake.s3 = self.s3
            self.parameters[name].parameters["/platform/table/decisions"] = f"decisions-of-{name}"
            for function in functions:
                fake.add(f"platform-{function}")

    def site(self, environment: str = "preprod", *, role: str = "deployer") -> Site:
        """An environment, reached as a role."""
        world, fake = self.world, self.lambdas[environment]
        account = fake.account
        caller = Caller(lambda: f"arn:aws:sts::{account}:assumed-role/{role}/lockage")
        place = f"arn:aws:lambda:eu-central-1:{account}:"
        pace = Pace(clock=world.clock, sleep=world.sleep)
        return Site(
            project="platform",
            environment=environment,
            alias="live",
            after="preprod" if environment == "prod" else None,
            sources=SOURCES,
            client=LambdaClient(
                fake.act_as(role), place=place, caller=caller, pace=pace, clock=world.clock, sleep=world.sleep
            ),
            parameters=ParameterClient(
                self.parameters[environment].act_as(role),
                place=f"arn:aws:ssm:eu-central-1:{account}:parameter",
                caller=caller,
            ),
            store=self.store,
            console=Console(Silent()),
            now=world.now,
            clock=world.clock,
            sleep=world.sleep,
            workers=1,
        )

    @property
    def store(self) -> ReleaseStore:
        """The release store."""
        return ReleaseStore(Bucket(self.s3, "platform-releases", caller=Caller(lambda: "somebody")))

    def add(self, release: Release) -> Release:
        """A release that was made before: the store has it."""
        self.s3.objects[f"releases/{release.id}.json"] = canonical(release)
        return release

    def roll_out(
        self, release: Release, checks: FakeChecks | None = None, environment: str = "preprod", *, older: bool = False
    ) -> Outcome:
        """Deploy a release."""
        return deploy(self.site(environment), self.add(release), checks or FakeChecks(), older=older)

    def serves(self, environment: str = "preprod") -> dict[str, tuple[str, int]]:
        """Function → source and memory behind its alias."""
        fake = self.lambdas[environment]
        return {
            name.removeprefix("platform-"): fake.serves(name)[1:]
            for name, function in fake.functions.items()
            if "live" in function.aliases
        }


def digest(letter: str) -> Digest:
    """A digest that is easy to tell apart."""
    return Digest(f"sha256:{letter * 64}")


def image(letter: str) -> str:
    """The reference a rollout gives to Lambda."""
    return f"{REGISTRY}/platform@{digest(letter)}"


def make_release(
    letter: str,
    *,
    functions: tuple[str, ...] = FUNCTIONS,
    memory: Callable[[str], int] = lambda _: 256,
    second_sources: tuple[str, ...] = (),
    dirty: bool = False,
) -> Release:
    """A release of one image for all functions."""
    return Release(
        schema=1,
        project="platform",
        commit=CommitSha(letter * 40),
        dirty=dirty,
        functions=tuple(
            released_function(
                name,
                repository="platform",
                artifact=digest(letter),
                configuration=Configuration(
                    command=(f"{name}.handler.handle",),
                    memory_mb=memory(name),
                    timeout_s=30,
                    environment={"TABLE": "${table.decisions}", "MODE": "strict"},
                    architecture="x86_64",
                ),
                probe='{"probe":true}',
            )
            for name in sorted(functions)
        ),
        evidence=(Evidence(artifact=digest(letter), kind="verdict", sha256=digest("e")),),
        parent=None,
        second_sources=second_sources,
    )
