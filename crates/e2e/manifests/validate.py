"""Checks the files in packaging/ for Kubernetes and containers, without network access.

usage: validate.py PACKAGING DESCRIPTION

PACKAGING is the folder packaging/, DESCRIPTION the output of `host_exporter --describe`. Each object
is validated strictly against the API's schemas: an unknown field is an error. Every flag in a
manifest must exist, references between objects must match, and the Dockerfile must copy the output
of `cargo xtask dist --standalone`. Prints one line per finding, and exits with 1 if there are any.
"""

import json
import pathlib
import re
import sys

import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator.v1 import ServiceMonitor

# The oldest and the newest version with available schemas.
VERSIONS = ["1.25", "1.37"]

findings = []


def find(place, text):
    findings.append(f"{place}: {text}")


def validate(place, document):
    """Checks one object against its schema."""
    if document["kind"] == "ServiceMonitor":
        try:
            ServiceMonitor.model_validate(document, extra="forbid")
        except ValueError as error:
            find(place, f"ServiceMonitor: {error}")
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            find(place, f"Kubernetes {version}: {error}")


def check_flags(place, arguments, flags):
    for argument in arguments:
        name = argument.removeprefix("--").split("=")[0]
        if not argument.startswith("--") or name not in flags:
            find(place, f"{argument} is not a flag of the exporter")


def check_links(objects):
    """Checks that DaemonSet, Service and ServiceMonitor refer to each other."""
    daemon_set, service, monitor = (objects[kind] for kind in ("DaemonSet", "Service", "ServiceMonitor"))
    pod = daemon_set["spec"]["template"]
    labels = pod["metadata"]["labels"]
    for name, selector in (
        ("DaemonSet", daemon_set["spec"]["selector"]["matchLabels"]),
        ("Service", service["spec"]["selector"]),
    ):
        if not selector.items() <= labels.items():
            find(name, f"the selector {selector} does not match the pod's labels {labels}")
    if not monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items():
        find("ServiceMonitor", "the selector does not match the Service's labels")
    container_ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    service_ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
    for target in service_ports.values():
        if target not in container_ports:
            find("Service", f"the container has no port {target}")
    for endpoint in monitor["spec"]["endpoints"]:
        if endpoint["port"] not in service_ports:
            find("ServiceMonitor", f"the Service has no port {endpoint['port']}")
    if len({item["metadata"]["namespace"] for item in (daemon_set, service, monitor)}) != 1:
        find("namespace", "DaemonSet, Service and ServiceMonitor are not in one namespace")


def check_dockerfile(path, description, flags):
    lines = [line.split(None, 1) for line in path.read_text().splitlines() if line and line[0].isalpha()]
    steps = {word: rest for word, rest in lines}
    source = steps["COPY"].split()[0]
    for argument in (rest for word, rest in lines if word == "ARG"):
        name, _, value = argument.partition("=")
        source = source.replace(f"${{{name}}}", value)
    built = f"{description['name']}-{description['version']}-x86_64-unknown-linux-musl"
    if source != built:
        find(path.name, f"COPY {source}: the built executable is {built}")
    if steps["FROM"] != "scratch":
        find(path.name, "the image is not from scratch")
    if not re.fullmatch(r"[1-9]\d*(:\d+)?", steps["USER"]):
        find(path.name, f"USER {steps['USER']} is not the uid of an unprivileged user")
    if steps["EXPOSE"] != "9601":
        find(path.name, f"EXPOSE {steps['EXPOSE']}")
    check_flags(path.name, json.loads(steps["ENTRYPOINT"])[1:], flags)


def main():
    packaging, description = (pathlib.Path(argument) for argument in sys.argv[1:])
    description = json.loads(description.read_text())
    flags = {flag["name"] for flag in description["flags"]}
    folder = packaging / "kubernetes"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for resource in kustomization["resources"]:
        if not (folder / resource).is_file():
            find("kustomization.yaml", f"{resource} does not exist")
    objects = {}
    for path in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            # kustomize's own file is not an API object.
            if document["kind"] == "Kustomization":
                continue
            objects[document["kind"]] = document
            validate(path.name, document)
    for container in objects["DaemonSet"]["spec"]["template"]["spec"]["containers"]:
        check_flags("daemonset.yaml", container.get("args", []), flags)
    check_links(objects)
    check_dockerfile(packaging / "container" / "Dockerfile", description, flags)
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
