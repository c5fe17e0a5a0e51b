from lockage.rehearsal.kinds import Role
from lockage.rehearsal.policies import Statement
from lockage.rehearsal.provision import trust

ACCOUNT = "111111111111"
ROOT = Statement(sid="Job", actions=("sts:AssumeRole",), principals={"AWS": (f"arn:aws:iam::{ACCOUNT}:root",)})
TOKEN = Statement(
    sid="Job", actions=("sts:AssumeRoleWithWebIdentity",), principals={"Federated": ("arn:aws:iam::1:oidc-provider/x",)}
)
CHAIN = Statement(sid="Chain", actions=("sts:AssumeRole",), principals={"AWS": ("arn:aws:iam::1:role/deployer",)})
LAMBDA = Statement(sid="Lambda", actions=("sts:AssumeRole",), principals={"Service": ("lambda.amazonaws.com",)})


def role(*statements: Statement) -> Role:
    return Role(account=ACCOUNT, region="eu-central-1", name="r", arn="a", trust=statements, statements=())


def test_a_jobs_token_becomes_the_accounts_root() -> None:
    assert trust(role(TOKEN), ACCOUNT) == (ROOT,)
    assert trust(role(TOKEN, CHAIN), ACCOUNT) == (ROOT, CHAIN)


def test_a_job_of_a_project_without_github_can_be_rehearsed_too() -> None:
    assert trust(role(), ACCOUNT) == (ROOT,)


def test_other_trust_stays_exactly_as_declared() -> None:
    assert trust(role(CHAIN), ACCOUNT) == (CHAIN,)
    assert trust(role(LAMBDA), ACCOUNT) == (LAMBDA,)
