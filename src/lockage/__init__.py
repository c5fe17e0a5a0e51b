"""Releases of AWS Lambda functions: built reproducibly, gated on evidence, rolled out and back as one.

The stages, what each takes and gives, and which may touch the world:

========== ============================================= ================================ =================
package    takes                                         gives                            effects
========== ============================================= ================================ =================
config     ``lockage.yaml``                              ``Project``                      reads one file
plan       ``Project``, git tree                         ``BuildPlan``                    reads git's index
build      a plan's step                                 image, zip or layer in ``dist/`` Docker, uv
inspect    an artifact, its lock, functions' probes      SBOMs, ``ArtifactCheck``         Syft, Docker
gate       findings, SBOM, policy, exceptions            ``Verdict``                      Trivy
publish    artifact and its evidence                     a tag in ECR, or an archive      ECR, the store
release    artifacts, verdicts, configuration            ``Release``                      the release store
rollout    a release and what an environment runs        a plan and its ``Journal``       Lambda, the store
rehearsal  all of the above                              a report                         the embedded AWS
========== ============================================= ================================ =================

Decisions are pure functions over the frozen values of ``model``; effects live behind two doors, ``tools`` (programs
we run) and ``aws`` (services we call). ``cli`` parses, calls and renders.
"""
