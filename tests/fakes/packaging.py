"""Facts of functions as the founding documents give them; what they do not say is filled in without weight."""

from msgspec.structs import replace

from lockage.model.packaging import Facts

MB, MIB, GB = 10**6, 2**20, 10**9

PLAIN = Facts(
    function="plain",
    declared="zip",
    runtime="python3.13",
    platform="linux/amd64",
    unpacked=30 * MB,
    zipped=8 * MB,
    image_unpacked=200 * MB,
    layers=1,
    system_parts=0,
    glibc=17,
    glibc_offered=34,
    code_changes=6,
    lock_changes=6,
    image_start_ms=3102,
    archive_start_ms=891,
    code_sharers=1,
    lock_sharers=1,
    packages=12,
    os_packages=110,
    native_objects=3,
)
"""A small function about which nothing is said."""

DASHBOARD = replace(
    PLAIN,
    function="dashboard",
    unpacked=80 * MB,
    zipped=12_400_000,
    image_unpacked=195 * MB,
    code_changes=30,
    lock_changes=1,
    cold_start_ms=1000,
)
INGESTION = replace(
    PLAIN,
    function="ingestion",
    unpacked=50 * MB,
    zipped=9_700_000,
    image_unpacked=180 * MB,
    code_changes=9,
    lock_changes=1,
)
ANALYSIS = replace(
    PLAIN,
    function="analysis",
    declared="image",
    unpacked=1100 * MB,
    zipped=900 * MB,
    image_unpacked=1300 * MB,
    code_changes=1,
    lock_changes=1,
    cold_start_ms=3000,
)
SCORER = replace(
    PLAIN,
    function="scorer",
    declared="image",
    unpacked=60 * MB,
    image_unpacked=450 * MB,
    system_parts=1,
    system_names=("opa",),
    code_changes=12,
    code_sharers=3,
    lock_sharers=3,
)
