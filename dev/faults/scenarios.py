"""The scripts in the order of a first installation and of the life after it. The state before each is the state that the
one before it left."""

import dataclasses
import os

from world import LAPTOP_TREE

# Scripts that no scenario starts, and what tries them. Each other script of the tree must be started by one, or the suite fails.
TRIED_ELSEWHERE = {
    # Of the other mode.
    "install-minimal-first-time.sh": "the tree in minimal mode", "deploy-minimal.sh": "the tree in minimal mode",
    "update-minimal.sh": "the tree in minimal mode",
    "install-hybrid-first-time.sh": "the tree in hybrid mode", "deploy-hybrid.sh": "the tree in hybrid mode",
    "update-hybrid.sh": "the tree in hybrid mode",
    "messages.sh": "sourced", "settings.sh": "sourced",
}
WEBHOOK = b"alert_webhook=https://hooks.example/jupiter\n"
RELEASE = "/opt/jupiter/srv/releases/{id}"
LAPTOP = LAPTOP_TREE + "/deployment/scripts"
UTILS = RELEASE + "/deployment/scripts/utils"
NEXT = "/opt/jupiter/srv/releases/{next}"


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    command: tuple
    stdin: bytes = b""
    answers: tuple = None
    # Where the script is found when what it began with is gone; what people are told to call from then on.
    again: str = None
    # Whether its end is where the next one begins; otherwise that is where this one began.
    goes_on: bool = True
    # The name of the scenario whose end it begins with; None: the one before it.
    after: str = None
    # Rows that were written to the database since the scenario before it ended.
    rows: str = None
    # A site whose file in the next release nginx refuses.
    refuses: str = None
    # How it ends without a fault.
    code: int = 0
    # Whether the next release has just been sent.
    arrives: bool = False
    # Whether it takes the lock of the server, and needs root.
    locks: bool = True
    root: bool = True
    # Whether it refuses a release that is not as it was made.
    verifies: bool = True
    # Whether it asks before it begins, where --yes is not given.
    asks: bool = False
    # Whether it stands in the release after the first one.
    next: bool = False
    # Whether somebody must answer for every service at every moment, but for those that cannot run twice.
    serves: bool = False

    def words(self, world, release, following):
        words = [word.replace("{id}", release).replace("{next}", following) for word in self.command]
        if self.again and not os.path.exists(world.root + words[0]):
            words[0] = self.again
        return words


def installation(mode):
    steps = [
        Scenario("receive-release", ("/home/deploy/estiba-incoming/{id}/tree/deployment/scripts/utils/receive-release.sh", "{id}"),
                 again="/opt/jupiter/srv/current/deployment/scripts/utils/receive-release.sh"),
        Scenario("setup-vps", (f"{UTILS}/setup-vps.sh", "--yes"), asks=True),
        Scenario("setup-secrets", (f"{RELEASE}/scripts/setup-secrets.sh", mode, "--stdin", "--yes"), stdin=WEBHOOK if mode == "hybrid" else b""),
        Scenario("load-images", (f"{RELEASE}/scripts/load-images.sh", "--yes")),
        Scenario("start-services", (f"{RELEASE}/scripts/start-services.sh", "--yes")),
    ]
    if mode == "hybrid":
        steps += [
            Scenario("setup-monitoring-prerequisites", (f"{RELEASE}/scripts/monitoring/setup-monitoring-prerequisites.sh", "--yes")),
            Scenario("setup-monitoring", (f"{RELEASE}/scripts/monitoring/setup-monitoring.sh", "--yes")),
        ]
    steps += [
        Scenario("configure-nginx", (f"{RELEASE}/scripts/configure-nginx.sh", "--yes")),
        Scenario("setup-tls", (f"{RELEASE}/scripts/setup-tls.sh", "--yes")),
    ]
    if mode == "hybrid":
        steps.append(Scenario("setup-monitoring-auth", (f"{RELEASE}/scripts/monitoring/setup-monitoring-auth.sh", "--yes")))
    return steps


def life(mode):
    """What comes after: as people run it, from one command each."""
    steps = [Scenario(f"install-{mode}-first-time", (f"{RELEASE}/deployment/scripts/{mode}/install-{mode}-first-time.sh", "--yes"),
                      after="setup-secrets", asks=True)]
    if mode == "hybrid":
        steps += [
            Scenario("to-minimal", (f"{RELEASE}/scripts/monitoring/setup-monitoring-mode.sh", "minimal", "--yes"), asks=True),
            Scenario("to-hybrid", (f"{RELEASE}/scripts/monitoring/setup-monitoring-mode.sh", "hybrid", "--yes"), asks=True),
        ]
    steps += [
        Scenario("renew-certificates", (f"{RELEASE}/scripts/renew-certificates.sh", "--yes")),
        Scenario("backup-vps", (f"{UTILS}/backup-vps.sh", "--yes"), verifies=False),
        Scenario("status-vps", (f"{UTILS}/status-vps.sh",), verifies=False, locks=False),
        Scenario("drift-vps", (f"{UTILS}/drift-vps.sh",), verifies=False, locks=False),
        Scenario("pause-site", (f"{UTILS}/pause-site.sh", "jupiter.example"), verifies=False),
        Scenario("resume-site", (f"{UTILS}/resume-site.sh", "jupiter.example"), verifies=False),
        Scenario("receive-next", ("/opt/jupiter/srv/current/deployment/scripts/utils/receive-release.sh", "{next}"), verifies=False, arrives=True),
        Scenario("update-with-a-site-refused", (f"{NEXT}/deployment/scripts/{mode}/update-{mode}.sh", "--yes"), next=True, serves=True,
                 refuses="shop.jupiter.example", code=1, goes_on=False),
        Scenario(f"update-{mode}", (f"{NEXT}/deployment/scripts/{mode}/update-{mode}.sh", "--yes"), asks=True, next=True, serves=True),
        Scenario("rollback-vps", (f"{NEXT}/deployment/scripts/utils/rollback-vps.sh", "{id}"), answers=(("vps : ", b"vps\r"),), verifies=False,
                 next=True, serves=True),
        Scenario("restore-vps", (f"{UTILS}/restore-vps.sh",), answers=(("vps : ", b"vps\r"),), rows="newer rows", verifies=False,
                 goes_on=False),
        Scenario("reset-vps", (f"{UTILS}/reset-vps.sh",), answers=(("vps : ", b"vps\r"),), goes_on=False, verifies=False),
    ]
    return steps


def on_the_laptop(mode):
    return [
        Scenario("setup-local-secrets", (f"{LAPTOP}/utils/setup-local-secrets.sh",), answers=(("alert_webhook", b"https://hooks.example/jupiter\r"),), after="laptop",
                 locks=False, root=False, goes_on=False),
        Scenario("try-locally", (f"{LAPTOP}/utils/try-locally.sh",), after="setup-local-secrets", locks=False, root=False, goes_on=False),
        Scenario("stop-locally", (f"{LAPTOP}/utils/try-locally.sh", "stop"), after="try-locally", locks=False, root=False, goes_on=False),
        Scenario("build-images", (f"{LAPTOP}/utils/build-images.sh", mode), after="laptop", locks=False, root=False),
        Scenario(f"deploy-{mode}", (f"{LAPTOP}/{mode}/deploy-{mode}.sh",), locks=False, root=False, goes_on=False),
    ]


def all_of(mode):
    return installation(mode) + life(mode) + on_the_laptop(mode)
